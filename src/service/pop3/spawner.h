// SPDX-License-Identifier: MIT
// The process that becomes users: it starts the front, and for each Maildir that somebody has
// logged in to a process with that user's rights, which it keeps for a while. It promises:
//   - it hears no octet of a client but those it passes on unread, and holds no key;
//   - who gets which Maildir is letterbox-authd's word; a front can only hand in tickets;
//   - nobody is served as root, and in single-user mode nobody but ourselves;
//   - one line in the log for each session, and one answer for each order, whatever becomes of the
//     process that had it;
//   - new certificates reach the front without a restart, and without passing through here.
// One thread, so that forking is safe.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "core/base/epoll.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "service/auth/auth_client.h"
#include "service/pop3/handover.h"
#include "service/tls_keeper.h"

namespace lbx::pop3 {

struct SpawnerLimits {
  std::size_t processes{1000};  // of users
  std::size_t sessions_per_account{10};
  std::chrono::seconds linger{10};  // how long a process without a session stays
};

/// What the spawner is told to do; each runs in a process of its own, but for connect_auth().
struct SpawnerParts {
  std::function<Result<void>(int socket)> front_main;
  std::vector<int> front_descriptors;  // that the front keeps
  /// As the user already, and nothing open but `socket`.
  std::function<Result<void>(const std::string& maildir, int socket)> session_main;
  std::function<Result<UniqueFd>()> connect_auth;
  std::optional<TlsFiles> tls;
  bool one_connection{false};  // that of descriptors 0 and 1: the front ends, and so do we
};

/// What has happened since the start.
struct Counters {
  std::uint64_t logins{0};
  std::uint64_t refused{0};  // after good credentials
  pop3d::Tally tally;
};

class Spawner {
 public:
  Spawner(FileOps& files, SpawnerLimits limits, SpawnerParts parts);
  ~Spawner();

  /// Starts the front. An error where the certificates cannot be read.
  Result<void> start();
  /// Until SIGTERM or SIGINT.
  Result<void> serve();

 private:
  using Key = std::tuple<uid_t, gid_t, std::string>;  // a user's Maildir
  struct Session {
    SessionNumber number;  // the front's
    std::uint64_t front;   // which front it was
    std::string account;
    std::string address;
    std::string tls;
    std::string mechanism;
    std::int64_t since{0};
    std::uint64_t process{0};
  };
  /// Handed over, and not known whose it is.
  struct Pending {
    HandoverOrder order;
    UniqueFd connection;
    std::uint64_t front;
  };
  struct Process {
    Key key;
    UniqueFd socket;
    std::size_t sessions{0};
    std::int64_t idle_since{0};
    bool retiring{false};
  };

  Result<void> prepare();
  Result<void> start_front();
  void dispatch(std::uint64_t id);
  void take_signals();
  void take_front_messages();
  void front_is_gone();
  void take_order(HandoverOrder order, UniqueFd connection);
  void connect_to_auth();
  void take_auth_replies();
  void auth_is_lost();
  void open(Pending pending, const auth::Account& account);
  std::optional<pop3d::Refusal> refusal_for(const auth::Account& account) const;
  Result<std::uint64_t> process_for(const Key& key);
  bool make_room();
  [[noreturn]] void be_process(const Key& key, int socket) const;
  void take_reports(std::uint64_t id);
  void take_report(std::uint64_t process, const Report& report);
  void end_session(SessionNumber number, const Report& report);
  void process_is_gone(std::uint64_t id);
  void answer(std::uint64_t front, const Report& report);
  void flush_front();
  void look_at_the_clock();
  void log_session(const Session& session, const Over& over) const;
  void log_counters() const;

  FileOps& files_;
  SpawnerLimits limits_;
  SpawnerParts parts_;
  Epoll epoll_;
  UniqueFd signals_;
  std::optional<TlsKeeper> tls_;
  UniqueFd front_socket_;
  std::uint64_t front_{0};          // counted
  std::deque<std::string> unsent_;  // to it
  bool front_waits_{false};         // for output
  std::optional<auth::AuthClient> auth_;
  std::map<auth::ExchangeId, Pending> pending_;
  std::map<std::uint64_t, Process> processes_;
  std::map<Key, std::uint64_t> by_key_;
  std::map<SessionNumber, Session> sessions_;  // by our number
  std::map<std::string, std::size_t> of_account_;
  SessionNumber last_session_{0};
  std::uint64_t last_process_{0};
  std::int64_t now_{0};
  bool auth_wanted_{false};
  bool front_wanted_{false};
  bool serving_{false};
  Counters counters_;
};

}  // namespace lbx::pop3
