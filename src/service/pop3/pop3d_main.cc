// SPDX-License-Identifier: MIT
// letterbox-pop3d: the mail of Maildirs for POP3 clients. This process becomes users and parses
// nothing; its child, the front, talks to clients and has no rights; a process for each Maildir
// serves it with its user's rights. See letterbox-pop3d(8).
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "core/base/mail_home.h"
#include "core/base/user.h"
#include "core/control/settings.h"
#include "pop3d/settings.h"
#include "service/access.h"
#include "service/auth/auth_client.h"
#include "service/auth/hardening.h"
#include "service/auth/login_file.h"
#include "service/command_line.h"
#include "service/front_user.h"
#include "service/listener.h"
#include "service/pop3/front.h"
#include "service/pop3/piped.h"
#include "service/pop3/private_auth.h"
#include "service/pop3/session_host.h"
#include "service/pop3/spawner.h"
#include "service/program.h"
#include "service/sandbox.h"

namespace {

using namespace lbx;
using control::ControlDirectory;

struct Options {
  std::string login_file;
  std::vector<std::string> listen;
  std::vector<std::string> listen_tls;
  ListenerOptions listener;
  unsigned threads{4};
  std::int64_t idle_seconds{1200};
  std::int64_t login_seconds{120};
  bool no_sync{false};
};

/// Where clients come from: sockets, or descriptors 0 and 1.
struct Doors {
  std::vector<ListeningSocket> sockets;
  bool stdio{false};
  bool stdio_tls{false};
};

struct Everything {
  Options options;
  pop3d::ServerSettings server;
  pop3::FrontSettings front;
  pop3::SpawnerLimits limits;
  std::optional<TlsFiles> tls;
  std::optional<users::Account> front_user;  // to become
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--login-file", options.login_file, "USER:PASSWORD:MAILDIR lines");
  app.add_option("--listen", options.listen,
                 "ADDRESS:PORT, several times; - for descriptors 0 and 1");
  app.add_option("--listen-tls", options.listen_tls, "the same, with TLS from the first octet");
  add_connection_limits(app, options.listener);
  app.add_option("--threads", options.threads, "sessions of one Maildir that work at once")
      ->check(CLI::Range(1, 64));
  app.add_option("--idle-timeout", options.idle_seconds, "seconds, after the login")
      ->check(CLI::Range(600, 86400));  // RFC 1939 section 3
  app.add_option("--login-timeout", options.login_seconds, "seconds, before the login")
      ->check(CLI::Range(1, 86400));
  app.add_flag("--no-sync", options.no_sync, "answer QUIT before removals are on disk");
}

Result<void> open_door(Doors& doors, const std::string& address, bool tls) {
  if (address == "-") {
    doors.stdio = true;
    doors.stdio_tls = tls;
    return {};
  }
  doors.sockets.push_back(LBX_TRY(listen_on(address)));
  doors.sockets.back().tls = tls;
  return {};
}

Result<Doors> open_doors(const System& system, const Options& options) {
  Doors doors;
  doors.sockets = LBX_TRY(inherited_sockets(system));
  for (const std::string& each : options.listen) LBX_TRY(open_door(doors, each, false));
  for (const std::string& each : options.listen_tls) LBX_TRY(open_door(doors, each, true));
  if (doors.sockets.empty()) doors.stdio = true;
  if (doors.stdio && !doors.sockets.empty()) return Error::later("--listen: either sockets or -");
  return doors;
}

Result<void> read_server(Everything& all, const ControlDirectory& control) {
  all.server = LBX_TRY(pop3d::read_settings(control));
  if (all.options.no_sync) all.server.maildrop.sync = false;
  pop3d::Settings& session = all.server.session;
  session.login_limit = std::chrono::seconds{all.options.login_seconds};
  session.idle_limit = std::chrono::seconds{all.options.idle_seconds};
  session.logins_need_tls = LBX_TRY(control.get(control::kPop3NeedTls)) == "yes";
  all.limits.processes = LBX_TRY(control.get(control::kPop3Processes));
  all.limits.sessions_per_account = LBX_TRY(control.get(control::kPop3Sessions));
  TlsFiles files = LBX_TRY(tls_files(control));
  if (!files.identities.empty()) all.tls = std::move(files);
  return {};
}

Result<void> read_front(Everything& all, const ControlDirectory& control) {
  all.front.session = all.server.session;
  all.front.session.greeting = "Letterbox POP3 server ready";
  all.front.tls = all.tls.has_value();
  const auto proxies = LBX_TRY(control.get(control::kProxyNetworks));
  all.front.proxies = LBX_TRY(parse_networks(proxies));
  const auto xclients = LBX_TRY(control.get(control::kXclientNetworks));
  all.front.xclients = LBX_TRY(parse_networks(xclients));
  all.front_user = LBX_TRY(front_user(control, control::kPop3FrontUser));
  return {};
}

/// The front: from here on without any rights.
Result<void> be_front(const Everything& all, Doors doors, int spawner) {
  pop3::FrontDesk desk{all.front, spawner};
  LBX_TRY(desk.wait_for_spawner());
  if (all.front_user) LBX_TRY(become_user(all.front_user->uid, all.front_user->gid));
  LBX_TRY(auth::harden(false));  // keys and passwords are in memory
  ListenerOptions options = all.options.listener;
  options.threads = 1;  // letterbox-authd's answers come to one
  options.refusal = "-ERR [SYS/TEMP] too many connections\r\n";
  options.until_gone = doors.stdio;
  options.tls = [&] { return desk.tls(); };
  options.is_proxy = [&](const Peer& peer) { return contains(all.front.proxies, peer.address); };
  options.watched.push_back({spawner, [&] { return desk.take_spawner_messages(); }});
  options.started = [&](ListenerLoop& loop) -> Result<void> {
    desk.use(loop);
    if (doors.stdio)
      loop.admit(UniqueFd{::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)}, doors.stdio_tls);
    return confine_to_descriptors();
  };
  return serve(std::move(doors.sockets), options,
               [&](const Peer& peer) { return desk.welcome(peer); });
}

/// What a process of a user does, as that user.
Result<void> be_session(const Everything& all, const System& parent, const std::string& maildir,
                        int socket) {
  LBX_TRY(confine_to_folders({maildir, maildir + "/new", maildir + "/cur", maildir + "/tmp"}));
  PosixFileOps files;
  SystemClock clock;
  SystemRandomness randomness;
  System system{files, clock, randomness, ::getpid(), parent.host_name, {}};
  pop3::SessionHost host{system, all.server, maildir, socket};
  return host.run(all.options.threads);
}

Result<std::string> absolute_path(const std::string& path) {
  std::array<char, PATH_MAX> room{};
  if (::realpath(path.c_str(), room.data()) == nullptr) return Error::from_errno(errno, path);
  return std::string{room.data()};
}

bool is_socket(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

Result<void> run(System& system, const Everything& all, Doors doors, const std::string& home) {
  std::optional<pop3::PrivateAuth> own;
  std::string auth_socket = home + '/' + std::string{auth::kAuthSocket};
  if (!all.options.login_file.empty()) {
    const std::string file = LBX_TRY(absolute_path(all.options.login_file));
    own = LBX_TRY(pop3::start_private_auth(system, file));
    auth_socket = own->socket;
  }
  pop3::SpawnerParts parts;
  for (const ListeningSocket& each : doors.sockets)
    parts.front_descriptors.push_back(each.fd.get());
  if (doors.stdio) parts.front_descriptors.push_back(STDIN_FILENO);
  parts.front_main = [&](int socket) { return be_front(all, std::move(doors), socket); };
  parts.session_main = [&](const std::string& maildir, int socket) {
    return be_session(all, system, maildir, socket);
  };
  parts.connect_auth = [&] { return auth::connect_socket(auth_socket); };
  parts.tls = all.tls;
  parts.one_connection = doors.stdio;
  pop3::Spawner spawner{system.files, all.limits, std::move(parts)};
  LBX_TRY(spawner.start());
  announce(doors.sockets);
  return spawner.serve();
}

Result<int> pop3d_main(System& system, int argc, char** argv) {
  Everything all;
  CLI::App app{"Give the mail of Maildirs to POP3 clients."};
  declare(app, all.options);
  if (const std::optional<int> status = LBX_TRY(parse_command_line(app, argc, argv))) {
    return *status;
  }
  if (!all.options.login_file.empty()) {
    if (::geteuid() == 0) return Error::later("will not serve a login file as root");
    static_cast<void>(LBX_TRY(auth::LoginFile::read(system.files, all.options.login_file)));
  }
  const ControlDirectory control{system.files, mail_home(system.environment)};
  LBX_TRY(read_server(all, control));
  LBX_TRY(read_front(all, control));
  Doors doors = LBX_TRY(open_doors(system, all.options));
  if (doors.stdio && !is_socket(STDIN_FILENO)) {
    if (all.options.login_file.empty()) {
      return Error::later("descriptor 0 is no socket, and there is no --login-file");
    }
    all.server.session.greeting = all.front.session.greeting;
    LBX_TRY(pop3::serve_pipes(system, all.options.login_file, all.server));
    return 0;
  }
  const bool tls = doors.stdio_tls ||
                   std::ranges::any_of(doors.sockets, [](const auto& each) { return each.tls; });
  if (tls && !all.tls) return Error::later("--listen-tls needs control/tlscertificates");
  LBX_TRY(run(system, all, std::move(doors), control.mail_home()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("letterbox-pop3d", ExitCodes::sysexits(), pop3d_main, argc, argv);
}
