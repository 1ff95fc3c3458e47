// SPDX-License-Identifier: MIT
// The door that mail comes in by (core/wire/queue_door.h), as its server. It promises:
//   - the kernel says who submits; what they say of themselves does not count;
//   - nobody who is slow, silent or greedy holds up others: connections are bounded, in all and for
//     each user, and so are envelopes that are on their way; an unfinished one has a time limit;
//   - a submission that was handed over is answered, unless its connection has gone.
// What is done with a submission is the owner's.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/wire/queue_control.h"
#include "core/wire/queue_door.h"
#include "queue/received.h"

namespace lbx::queue {

struct DoorLimits {
  std::size_t connections{4000};
  std::size_t connections_per_user{2000};
  /// Memory of envelopes that have not ended yet or wait for an answer, over all connections.
  std::size_t open_envelopes{std::size_t{256} * 1024 * 1024};
  std::size_t recipients{100'000};
  /// Larger messages are files of the spool area.
  std::size_t inline_octets{wire::kMaxDoorMemory};
  std::chrono::seconds idle{300};  // within an envelope
};

struct DoorUsers {
  KnownUsers known;
  std::set<uid_t> masters;  // who may change what is queued, besides root
};

struct Submission {
  wire::DoorEnvelope envelope;
  uid_t uid{0};
  pid_t pid{0};
  std::string head;    // the Received line
  std::string octets;  // of a small message, after its head
  UniqueFd spool;      // a large one, which begins with `head`
};

struct DoorActions {
  using Answer = std::function<void(Result<std::int64_t>)>;
  std::function<void(Submission, Answer)> submit;
  std::function<Result<UniqueFd>(const std::string& head)> spool_file;
  std::function<void(const wire::ChangeRequest&, Answer)> change;
  std::function<std::string()> counters;
};

class Door {
 public:
  /// `socket` listens. Everything handed in must outlive it.
  static Result<std::unique_ptr<Door>> open(EventLoop& loop, Clock& clock, UniqueFd socket,
                                            DoorLimits limits, DoorUsers users,
                                            DoorActions actions);
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  ~Door();

  void set_limits(const DoorLimits& limits) { limits_ = limits; }
  std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection;

  Door(EventLoop& loop, Clock& clock, UniqueFd socket, DoorLimits limits, DoorUsers users,
       DoorActions actions);
  void accept_all();
  void pause();
  void accept_one(UniqueFd socket);
  void readable(std::uint64_t id);
  void read_all(Connection& connection);
  void take(Connection& connection, std::string_view bytes, UniqueFd descriptor);
  void take_envelope(Connection& connection, std::string_view bytes, UniqueFd descriptor);
  void complete(Connection& connection);
  Result<Submission> submission_of(Connection& connection);
  void give_spool_file(Connection& connection);
  void take_change(Connection& connection, std::string_view bytes);
  DoorActions::Answer answer_to(std::uint64_t id);
  void say(Connection& connection, std::string_view bytes, int descriptor);
  void refuse(Connection& connection, const Error& why);
  void forget_octets(Connection& connection);
  void close(std::uint64_t id);
  void close_idle();

  EventLoop& loop_;
  Clock& clock_;
  UniqueFd socket_;
  DoorLimits limits_;
  DoorUsers users_;
  DoorActions actions_;
  std::uint64_t next_{1};
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::unordered_map<uid_t, std::size_t> by_user_;
  std::size_t open_octets_{0};
  EventLoop::TimerKey idle_timer_{};
  EventLoop::TimerKey pause_timer_{};
};

}  // namespace lbx::queue
