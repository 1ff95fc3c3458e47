// SPDX-License-Identifier: MIT
// The thread that the store belongs to while a queue runs. Operations come from one other thread,
// the main one, and are carried out in their order; all that wait go into one transaction, so that
// a burst of messages costs one flush. It waits a little for more where more came together before
// (gathering.h), and never for the sake of one submitter alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "queue/store/store.h"

namespace lbx::queue {

class Committer {
 public:
  struct Operation {
    Durability durability{Durability::Soon};
    /// Slow work on files, before and outside of the transaction, in a thread of its own: the
    /// adoption of a spool file. Its error ends the operation. May be empty; operations that have
    /// none overtake those that have.
    std::function<Result<void>()> prepare{};
    /// In the store's thread, within a transaction. An error undoes this operation and no other.
    /// It may be called again after a transaction that failed, so its results are overwritten.
    std::function<Result<void>(QueueStore&)> run;
    /// In the thread that calls finish(), after the commit, or with the error.
    std::function<void(Result<void>)> done;
    /// It waits for no company: it only reads, and somebody needs what it finds.
    bool at_once{false};
  };
  struct Limits {
    std::size_t waiting{10'000};  // operations; post() refuses more
    std::size_t group{1'000};     // operations of a transaction
    /// How long what is Soon may wait for company; and where one transaction that is Now follows
    /// the other, for the next one.
    std::chrono::milliseconds soon{1};
    std::chrono::milliseconds soon_in_stream{10};
    /// Two that are Now, so close together, are such a stream.
    std::chrono::milliseconds stream_gap{20};
  };
  struct Counters {
    std::uint64_t operations{0};
    std::uint64_t transactions{0};
    std::uint64_t flushes{0};  // transactions that were Durability::Now
    std::uint64_t failed{0};   // operations that ended with an error
  };

  /// `store` must outlive it, and be left alone by other threads.
  static Result<std::unique_ptr<Committer>> start(QueueStore& store, Limits limits);
  /// Carries out what waits. What finish() has not told is not told any more.
  ~Committer();

  /// An error (Later) where too many wait: nothing was taken then.
  Result<void> post(Operation operation);

  /// Readable whenever finish() has something to tell.
  int ready_fd() const;
  /// Calls `done` of every operation that has ended, in the order of the commits.
  void finish();
  /// Waits until all that was posted has ended, and calls finish(): for the end of a program.
  void drain();

  Counters counters() const;

 private:
  struct State;

  explicit Committer(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace lbx::queue
