// SPDX-License-Identifier: MIT
// letterbox-lmtpd: mail by LMTP for every user of this host, and the answer to whether there is a
// recipient. Two processes: this one becomes users and parses nothing; its child, the front, talks
// to clients and has no rights. See letterbox-lmtpd(8).
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>

#include "core/base/log.h"
#include "core/base/mail_home.h"
#include "core/base/process.h"
#include "core/base/signals.h"
#include "core/base/user.h"
#include "core/control/settings.h"
#include "core/message/spool.h"
#include "core/wire/datagram.h"
#include "deliver/drain.h"
#include "deliver/lmtp_session.h"
#include "deliver/oracle_door.h"
#include "deliver/order_client.h"
#include "deliver/spawner.h"
#include "deliver/user_main.h"
#include "service/access.h"
#include "service/command_line.h"
#include "service/front_user.h"
#include "service/listener.h"
#include "service/program.h"
#include "service/sandbox.h"
#include "service/stdio_driver.h"
#include "service/tls_files.h"
#include "service/tls_follower.h"
#include "service/tls_keeper.h"

namespace {

using namespace lbx;
using control::ControlDirectory;

struct Options {
  std::vector<std::string> listen;
  std::string lookup_socket;
  ListenerOptions listener;
};

/// What clients come by.
struct Doors {
  std::vector<ListeningSocket> lmtp;
  std::optional<ListeningSocket> lookup;
  bool stdio{false};
};

/// What ties the two processes together, at each of its ends. A conversation on descriptors 0 and 1
/// has no signals: they just end it.
struct FrontEnd {
  UniqueFd orders;
  UniqueFd certificates;  // a socket that they come by; none: there is no TLS
  UniqueFd signals;
};
struct FirstEnd {
  UniqueFd orders;
  UniqueFd certificates;
  UniqueFd signals;  // for both
  UniqueFd hangups;  // SIGHUP
  UniqueFd front_process;
  std::vector<int> descriptors() const {
    std::vector<int> all;
    for (const UniqueFd* each : {&orders, &certificates, &signals, &hangups, &front_process}) {
      if (*each) all.push_back(each->get());
    }
    return all;
  }
};
struct Line {
  FrontEnd front;
  FirstEnd first;
};

struct FrontSettings {
  deliver::LmtpSettings lmtp;
  Access access;
  std::chrono::seconds verdict_age{0};
  std::chrono::seconds delivery_time{0};
  TlsFiles tls;
  std::optional<users::Account> user;  // to become
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--listen", options.listen,
                 "unix:PATH or ADDRESS:PORT, several times; - for descriptors 0 and 1");
  app.add_option("--lookup-socket", options.lookup_socket, "answer questions for recipients there");
  add_connection_limits(app, options.listener);
}

Result<std::chrono::seconds> seconds_of(const ControlDirectory& control,
                                        const control::Number& setting) {
  return std::chrono::seconds{static_cast<std::int64_t>(LBX_TRY(control.get(setting)))};
}

Result<FrontSettings> read_front(const System& system, const ControlDirectory& control) {
  FrontSettings front;
  users::SystemAccounts accounts;
  const std::string me = LBX_TRY(control.get(control::kMe));
  front.lmtp.host_name = me.empty() ? system.host_name : me;
  front.lmtp.max_octets = LBX_TRY(control.get(control::kDataBytes));
  front.lmtp.max_recipients = LBX_TRY(control.get(control::kLmtpRecipients));
  const std::string_view bare = LBX_TRY(control.get(control::kBareLineFeed));
  if (bare == "normalize") front.lmtp.bare_line_ends = deliver::BareLineEnds::Normalize;
  front.lmtp.idle_limit = LBX_TRY(seconds_of(control, control::kTimeoutLmtpd));
  front.verdict_age = LBX_TRY(seconds_of(control, control::kVerdictSeconds));
  const std::vector<std::string> users = LBX_TRY(control.get(control::kLmtpUsers));
  LBX_TRY(front.access.add_users(accounts, users));
  const std::vector<std::string> networks = LBX_TRY(control.get(control::kLmtpNetworks));
  LBX_TRY(front.access.add_networks(networks));
  front.lmtp.dsn = LBX_TRY(control.get(control::kLmtpDsn)) == "yes";
  front.tls = LBX_TRY(tls_files(control));
  front.lmtp.starttls = !front.tls.identities.empty();
  front.lmtp.certificates = LBX_TRY(control.get(control::kLmtpCertificates));
  const bool asks_for_one = front.lmtp.starttls && !front.tls.client_authorities.empty();
  if (!front.lmtp.certificates.empty() && !asks_for_one) {
    return Error::later("lmtpcertificates needs tlscertificates and tlsclientca");
  }
  front.user = LBX_TRY(front_user(control, control::kLmtpFrontUser));
  return front;
}

Result<Doors> open_doors(const System& system, const Options& options) {
  Doors doors;
  doors.lmtp = LBX_TRY(inherited_sockets(system));
  for (const std::string& each : options.listen) {
    if (each == "-") {
      doors.stdio = true;
    } else {
      doors.lmtp.push_back(LBX_TRY(listen_on(each)));
    }
  }
  if (doors.stdio ? !doors.lmtp.empty() : doors.lmtp.empty()) {
    return Error::later("--listen: either sockets or -");
  }
  if (!options.lookup_socket.empty()) {
    doors.lookup = LBX_TRY(listen_on("unix:" + options.lookup_socket, SocketKind::Datagrams));
  }
  announce(doors.lmtp);
  return doors;
}

std::unique_ptr<Conversation> welcome(System& system, deliver::Postmaster& postmaster,
                                      const FrontSettings& settings, const Peer& peer) {
  const bool allowed = settings.access.allows(peer);
  if (!allowed && (peer.uid || settings.lmtp.certificates.empty())) return nullptr;
  std::string name = peer.uid ? peer.address : '[' + peer.address + ']';
  return std::make_unique<deliver::LmtpSession>(system, postmaster, settings.lmtp,
                                                deliver::LmtpPeer{std::move(name), !allowed});
}

/// The front: from here on without any rights.
Result<void> be_front(System& system, FrontSettings settings, Doors doors, FrontEnd line,
                      ListenerOptions options) {
  TlsFollower certificates = LBX_TRY(TlsFollower::open(system.files, std::move(line.certificates)));
  if (settings.user) LBX_TRY(become_user(settings.user->uid, settings.user->gid));
  LBX_TRY(forbid_new_privileges());
  deliver::OrderClient postmaster{std::move(line.orders), system.clock, settings.verdict_age};
  const Watched answers{postmaster.descriptor(), [&] {
                          postmaster.take_answers();
                          return !postmaster.lost();
                        }};
  if (doors.stdio) {
    LBX_TRY(confine_to_spool(spool_folder(system)));
    deliver::LmtpSession session{system, postmaster, settings.lmtp, {"stdin"}};
    StdioOptions stdio;
    stdio.watched = answers;
    return converse(session, stdio);
  }
  deliver::Drain drain = LBX_TRY(deliver::Drain::open(std::move(line.signals)));
  settings.lmtp.drain = &drain;
  options.watched.push_back({drain.signals(), [&] { return drain.signalled(); }});
  options.watched.push_back({drain.over(), [] { return false; }});
  std::unique_ptr<deliver::OracleDoor> oracle;
  options.threads = 1;  // it only moves octets; deliveries have threads of their own
  options.read_size = std::size_t{16} * 1024;
  options.refusal = "421 4.7.0 Connection refused\r\n";
  options.watched.push_back(answers);
  if (settings.lmtp.starttls) {
    options.tls = [&] { return certificates.now(); };
    options.watched.push_back({certificates.descriptor(), [&] { return certificates.look(); }});
  }
  options.started = [&](ListenerLoop& loop) -> Result<void> {
    LBX_TRY(postmaster.use_routes(
        [&loop](int fd, std::function<bool()> readable) {
          loop.watch({fd, std::move(readable)});
        },
        settings.delivery_time));
    return confine_to_spool(spool_folder(system));
  };
  if (doors.lookup) {
    oracle =
        LBX_TRY(deliver::OracleDoor::open(std::move(doors.lookup->fd), postmaster, system.clock,
                                          [&](uid_t uid) { return settings.access.allows(uid); }));
    options.watched.push_back({oracle->descriptor(), [&] {
                                 oracle->serve();
                                 return true;
                               }});
  }
  return serve(std::move(doors.lmtp), options, [&](const Peer& peer) {
    return drain.draining() ? nullptr : welcome(system, postmaster, settings, peer);
  });
}

Result<Line> open_line(bool tls, bool stdio) {
  Line line;
  wire::SocketPair orders = LBX_TRY(wire::make_socket_pair());
  line.first.orders = std::move(orders.ours);
  line.front.orders = std::move(orders.theirs);
  if (tls) {
    wire::SocketPair certificates = LBX_TRY(wire::make_socket_pair());
    line.first.certificates = std::move(certificates.ours);
    line.front.certificates = std::move(certificates.theirs);
  }
  if (stdio) return line;
  line.first.hangups = LBX_TRY(open_signals({SIGHUP}));
  line.first.signals = LBX_TRY(deliver::catch_signals());
  line.front.signals = LBX_TRY(deliver::catch_signals());
  return line;
}

/// The first process: orders, signals, and certificates that are new.
Result<void> serve_orders(System& system, deliver::Spawner& spawner, const TlsFiles& names,
                          FirstEnd line) {
  std::optional<TlsKeeper> keeper;
  if (line.certificates) {
    keeper.emplace(LBX_TRY(TlsKeeper::open(system.files, names, "tls")));
    LBX_TRY(keeper->send_first(line.certificates.get()));
    spawner.also_watch(keeper->descriptor(), [&] { keeper->look(line.certificates.get()); });
  }
  if (line.hangups) {
    spawner.also_watch(line.hangups.get(), [&] {
      while (next_signal(line.hangups.get()) != 0) {
        if (keeper) static_cast<void>(keeper->send(line.certificates.get()));
      }
    });
  }
  spawner.pass_on(std::move(line.signals), std::move(line.front_process));
  return spawner.serve(std::move(line.orders));
}

Result<int> lmtpd_main(System& system, int argc, char** argv) {
  Options options;
  CLI::App app{"Take mail by LMTP and deliver it to the users of this host."};
  declare(app, options);
  if (const std::optional<int> status = LBX_TRY(parse_command_line(app, argc, argv))) {
    return *status;
  }
  const ControlDirectory control{system.files, mail_home(system.environment)};
  FrontSettings front = LBX_TRY(read_front(system, control));
  const deliver::SpawnerLimits limits = LBX_TRY(deliver::read_spawner_limits(control));
  front.delivery_time = limits.delivery_time;
  deliver::Settings delivery = LBX_TRY(deliver::read_settings(control));
  delivery.create_maildirs = true;
  delivery.capture_output = true;
  Doors doors = LBX_TRY(open_doors(system, options));
  const bool stdio = doors.stdio;
  front.lmtp.starttls = front.lmtp.starttls && !stdio;

  Line line = LBX_TRY(open_line(front.lmtp.starttls, stdio));
  const pid_t child = ::fork();
  if (child < 0) return Error::from_errno(errno, "fork");
  if (child == 0) {
    line.first = {};
    LBX_TRY(be_front(system, front, std::move(doors), std::move(line.front), options.listener));
    return 0;
  }
  doors = {};
  line.front = {};
  line.first.front_process = LBX_TRY(open_process(child));
  close_all_but(line.first.descriptors());
  users::SystemAccounts accounts;
  users::Resolver resolver{system, accounts, control};
  const std::optional<uid_t> only =
      ::geteuid() == 0 ? std::nullopt : std::optional<uid_t>{::geteuid()};
  deliver::Spawner spawner{resolver, limits, only, [&](int socket) {
                             deliver::deliver_as_user(system, control, delivery, std::nullopt,
                                                      socket);
                           }};
  if (!stdio) spawner.introduce_users();
  LBX_TRY(serve_orders(system, spawner, front.tls, std::move(line.first)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("letterbox-lmtpd", ExitCodes::sysexits(), lmtpd_main, argc, argv);
}
