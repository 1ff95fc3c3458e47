// SPDX-License-Identifier: MIT
#include "service/queue/queue_processes.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/clock.h"
#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/base/process.h"
#include "core/base/shared_sync.h"
#include "core/base/signals.h"
#include "core/base/user.h"
#include "core/control/settings.h"
#include "core/users/accounts.h"
#include "core/users/resolver.h"
#include "core/wire/datagram.h"
#include "deliver/settings.h"
#include "deliver/spawner.h"
#include "deliver/user_main.h"
#include "queue/queued.h"
#include "queue/store/sqlite_store.h"
#include "remote/remote_process.h"
#include "service/listening_socket.h"
#include "service/sandbox.h"

namespace lbx {
namespace {

using control::ControlDirectory;

constexpr int kCannotStart = 111;  // qmail-send's, whatever the reason
constexpr unsigned kRemoteAtOnce = 255;
constexpr mode_t kPublicMode = 0755;
constexpr mode_t kStoreMode = 0700;
constexpr std::int64_t kPredecessorSeconds = 3;
constexpr int kPredecessorInterval = 20;  // milliseconds

/// What the processes are to each other, and to the users.
struct Parts {
  ControlDirectory control;
  std::string home;
  queue::QueueSettings settings;
  std::optional<users::Account> queue_user;  // to become; none: single-user mode
  std::optional<users::Account> remote_user;
  queue::DoorUsers door_users;
};

struct Pairs {
  wire::SocketPair local;    // ours: the spawner's end
  wire::SocketPair remote;   // ours: the remote process's end
  wire::SocketPair control;  // ours: the first process's end
};

Result<users::Account> account_of(users::SystemAccounts& accounts, const std::string& name,
                                  const std::optional<std::string>& other) {
  std::optional<users::Account> found = LBX_TRY(accounts.by_name(name));
  if (!found && other) found = LBX_TRY(accounts.by_name(*other));
  if (!found) return Error::later("unable to find user " + name);
  return *std::move(found);
}

Result<void> find_users(Parts& parts, const QueueOptions& options) {
  parts.door_users.masters.insert(::geteuid());
  if (::geteuid() != 0) return {};
  users::SystemAccounts accounts;
  const std::string queue_user = LBX_TRY(parts.control.get(control::kQueueUser));
  parts.queue_user = LBX_TRY(account_of(accounts, queue_user, options.other_queue_user));
  const std::string remote_user = LBX_TRY(parts.control.get(control::kRemoteUser));
  parts.remote_user = LBX_TRY(account_of(accounts, remote_user, options.other_remote_user));
  parts.door_users.masters.insert(parts.queue_user->uid);
  for (const char* const name : {"qmaild", "lbx-smtp"}) {
    const auto found = LBX_TRY(accounts.by_name(name));
    if (found) parts.door_users.known.network.insert(found->uid);
  }
  const auto alias = LBX_TRY(accounts.by_name("alias"));
  if (alias) parts.door_users.known.alias = alias->uid;
  return {};
}

Result<void> make_directory(System& system, const std::string& path, mode_t mode) {
  const Result<void> made = system.files.make_directory(AT_FDCWD, path, mode);
  if (!made && made.error().os_error != EEXIST) return made.error();
  if (made && ::chmod(path.c_str(), mode) != 0) return Error::from_errno(errno, path);
  return {};
}

/// queue/store is the queue user's, whoever made it.
Result<void> make_directories(System& system, const Parts& parts) {
  const std::string store = parts.home + "/queue/store";
  LBX_TRY(make_directory(system, parts.home + "/queue", kPublicMode));
  LBX_TRY(make_directory(system, parts.home + "/run", kPublicMode));
  LBX_TRY(make_directory(system, store, kStoreMode));
  if (parts.queue_user &&
      ::lchown(store.c_str(), parts.queue_user->uid, parts.queue_user->gid) != 0) {
    return Error::from_errno(errno, store);
  }
  return {};
}

Result<void> become(const std::optional<users::Account>& user) {
  if (user) LBX_TRY(become_user(user->uid, user->gid));
  return forbid_new_privileges();
}

/// The control directory, and whatever is linked there: settings are read again at SIGHUP.
std::vector<std::string> places_of_settings(System& system, const ControlDirectory& control) {
  const std::string folder = control.path_of("");
  std::vector<std::string> places{folder};
  const Result<std::vector<DirectoryEntry>> entries = system.files.list(AT_FDCWD, folder);
  if (!entries) return places;  // it may be missing
  for (const DirectoryEntry& each : *entries) {
    const Result<struct stat> status =
        system.files.stat_at(AT_FDCWD, folder + each.name, AT_SYMLINK_NOFOLLOW);
    if (status && S_ISLNK(status->st_mode)) places.push_back(folder + each.name);
  }
  return places;
}

/// One that has lost its other processes may still be writing its log back.
Result<std::unique_ptr<queue::SqliteStore>> open_store(System& system,
                                                       const std::string& directory) {
  const std::int64_t deadline = monotonic_seconds() + kPredecessorSeconds;
  for (;;) {
    auto store = queue::SqliteStore::open(system, directory, {});
    if (store || store.error().os_error != EWOULDBLOCK || monotonic_seconds() > deadline) {
      return store;
    }
    ::poll(nullptr, 0, kPredecessorInterval);
  }
}

/// The queue process. `control`: the first process hands over the door there, and hears that all
/// went well.
Result<void> be_queue(System& system, const Parts& parts, const QueueOptions& options,
                      queue::LogLines& log, queue::QueueDoors doors, UniqueFd control) {
  LBX_TRY(become(parts.queue_user));
  system.pid = ::getpid();
  const std::string directory = parts.home + "/queue/store";
  const std::unique_ptr<queue::SqliteStore> store = LBX_TRY(open_store(system, directory));
  queue::SpoolArea spool = LBX_TRY(queue::SpoolArea::open(system, directory));
  LBX_TRY(spool.sweep(*store));
  // No thread has begun yet, and no stranger has been heard.
  LBX_TRY(confine_to_store(directory, places_of_settings(system, parts.control)));
  const auto read = [&] {
    return queue::read_queue_settings(parts.control, system.host_name, options.bounces);
  };
  const std::unique_ptr<queue::Queued> queued =
      LBX_TRY(queue::Queued::open(system, *store, spool, parts.settings, read, log, ::geteuid()));
  LBX_TRY(wire::send_datagram(control.get(), "ready", -1, wire::Wait::Yes));
  wire::Datagram door = LBX_TRY(wire::receive_datagram(control.get(), wire::Wait::Yes));
  if (!door.descriptor) return Error::later("no door to listen at");
  doors.door = std::move(door.descriptor);
  LBX_TRY(queued->serve(std::move(doors), parts.door_users));
  return wire::send_datagram(control.get(), "done", -1, wire::Wait::Yes);
}

/// Where what went wrong happened before there was anything to serve: in qmail-send's words.
int cannot_start(queue::LogLines& log, const Error& why) {
  std::string what = why.os_error == EWOULDBLOCK ? "qmail-send is already running" : why.what;
  if (why.os_error == EUCLEAN) what += "; try letterbox queue check, then repair";
  log.alert("cannot start: " + what);
  log.flush();
  return kCannotStart;
}

[[noreturn]] void be_queue_process(System& system, const Parts& parts, const QueueOptions& options,
                                   queue::LogLines& log, Pairs pairs, UniqueFd signals) {
  pairs.local.ours.reset();
  pairs.remote.ours.reset();
  pairs.control.ours.reset();
  const Result<void> ended = be_queue(
      system, parts, options, log,
      {{}, std::move(pairs.local.theirs), std::move(pairs.remote.theirs), std::move(signals)},
      std::move(pairs.control.theirs));
  std::_Exit(ended ? 0 : cannot_start(log, ended.error()));
}

[[noreturn]] void be_remote_process(const System& parent, const Parts& parts, Pairs pairs) {
  pairs.local = {};
  pairs.control = {};
  pairs.remote.theirs.reset();
  if (!become(parts.remote_user)) std::_Exit(kCannotStart);
  SharedSyncFileOps files;
  SystemClock clock;
  SystemRandomness randomness;
  System system{files, clock, randomness, ::getpid(), parent.host_name, parent.environment};
  Result<remote::RemoteLimits> limits = remote::read_limits(parts.control);
  if (!limits) std::_Exit(kCannotStart);
  // The queue sees to concurrencyremote, which a SIGHUP may raise.
  limits->at_once = std::max(limits->at_once, kRemoteAtOnce);
  remote::RemoteProcess process{system, *limits, pairs.remote.ours.get()};
  std::_Exit(process.run() ? 0 : kCannotStart);
}

/// The store is open and locked once the queue process says so: only then nobody else has the
/// door.
Result<bool> hand_over_door(const Parts& parts, int control) {
  const wire::Datagram ready = LBX_TRY(wire::receive_datagram(control, wire::Wait::Yes));
  if (ready.bytes.empty()) return false;
  const ListeningSocket door =
      LBX_TRY(listen_on("unix:" + parts.home + "/run/queue.sock", SocketKind::Datagrams));
  LBX_TRY(wire::send_datagram(control, "door", door.fd.get(), wire::Wait::Yes));
  return true;
}

/// Waits until the queue process has closed its store: whoever starts the next one may do so then.
bool ended_well(int control) {
  bool done = false;
  for (;;) {
    const Result<wire::Datagram> word = wire::receive_datagram(control, wire::Wait::Yes);
    if (!word || word->bytes.empty()) return done;
    done = word->bytes == "done";
  }
}

Result<int> serve_users(System& system, const Parts& parts, const QueueOptions& options,
                        Pairs pairs, UniqueFd signals, UniqueFd queue_process) {
  const deliver::SpawnerLimits limits = LBX_TRY(deliver::read_spawner_limits(parts.control));
  deliver::Settings delivery = LBX_TRY(deliver::read_settings(parts.control));
  delivery.create_maildirs = true;
  delivery.capture_output = true;
  if (options.as_qmail_local) {
    delivery.pass_environment = true;
    delivery.locks = MboxLockPolicy::qmail();
  }
  const bool started = LBX_TRY(hand_over_door(parts, pairs.control.ours.get()));
  if (!started) return kCannotStart;
  users::SystemAccounts accounts;
  users::Resolver resolver{system, accounts, parts.control};
  const std::optional<uid_t> only =
      ::geteuid() == 0 ? std::nullopt : std::optional<uid_t>{::geteuid()};
  deliver::Spawner spawner{resolver, limits, only, [&](int socket) {
                             deliver::deliver_as_user(system, parts.control, delivery,
                                                      options.default_delivery, socket);
                           }};
  spawner.pass_on(std::move(signals), std::move(queue_process));
  LBX_TRY(spawner.serve(std::move(pairs.local.ours)));
  return ended_well(pairs.control.ours.get()) ? 0 : kCannotStart;
}

Result<Pairs> make_pairs() {
  Pairs pairs;
  pairs.local = LBX_TRY(wire::make_socket_pair());
  pairs.remote = LBX_TRY(wire::make_socket_pair());
  pairs.control = LBX_TRY(wire::make_socket_pair());
  return pairs;
}

Result<int> start_processes(System& system, const Parts& parts, const QueueOptions& options,
                            queue::LogLines& log) {
  LBX_TRY(make_directories(system, parts));
  Pairs pairs = LBX_TRY(make_pairs());
  UniqueFd signals = LBX_TRY(open_signals({SIGTERM, SIGINT, SIGALRM, SIGHUP}));
  const pid_t remote = ::fork();
  if (remote < 0) return Error::from_errno(errno, "fork");
  if (remote == 0) be_remote_process(system, parts, std::move(pairs));
  pairs.remote.ours.reset();
  const pid_t queue = ::fork();
  if (queue < 0) return Error::from_errno(errno, "fork");
  if (queue == 0) {
    be_queue_process(system, parts, options, log, std::move(pairs), std::move(signals));
  }
  pairs.remote.theirs.reset();
  pairs.local.theirs.reset();
  pairs.control.theirs.reset();
  UniqueFd queue_process = LBX_TRY(open_process(queue));
  return serve_users(system, parts, options, std::move(pairs), std::move(signals),
                     std::move(queue_process));
}

Result<Parts> read_parts(System& system, const QueueOptions& options) {
  const std::string home = mail_home(system.environment);
  Parts parts{ControlDirectory{system.files, home}, home, {}, {}, {}, {}};
  Result<queue::QueueSettings> settings =
      queue::read_queue_settings(parts.control, system.host_name, options.bounces);
  if (!settings) return Error::later("unable to read controls");
  parts.settings = std::move(settings).value();
  LBX_TRY(find_users(parts, options));
  return parts;
}

}  // namespace

Result<int> run_queue(System& system, const QueueOptions& options) {
  queue::LogLines log{options.log_format, [&](std::string_view lines) {
                        static_cast<void>(write_all(system.files, options.log, lines));
                      }};
  const Result<Parts> parts = read_parts(system, options);
  if (!parts) return cannot_start(log, parts.error());
  const Result<int> ended = start_processes(system, *parts, options, log);
  return ended ? *ended : cannot_start(log, ended.error());
}

}  // namespace lbx
