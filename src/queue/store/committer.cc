// SPDX-License-Identifier: MIT
#include "queue/store/committer.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/unique_fd.h"
#include "queue/store/gathering.h"

namespace lbx::queue {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Entry {
  Committer::Operation operation;
  Result<void> result;
  SteadyClock::time_point posted;
};
using Entries = std::vector<Entry>;

bool is_now(const Entry& entry) {
  return entry.operation.durability == Durability::Now;
}

}  // namespace

struct Committer::State {
  State(QueueStore& where, Limits with) : store{where}, limits{with} {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { stop(); }

  // The two threads.
  void prepare_all();
  void commit_all();

  Entries next_group(std::unique_lock<std::mutex>& lock);
  void gather(std::unique_lock<std::mutex>& lock);
  void sleep(std::unique_lock<std::mutex>& lock, SteadyClock::time_point until, std::size_t enough);
  bool awaited() const;
  void posted(Entry entry);
  bool nothing_comes() const { return stopping && preparing.empty() && !is_preparing; }
  void carry_out(Entries& group);
  Result<void> together(Entries& group);
  void tell(Entries group);
  void stop();

  QueueStore& store;
  const Limits limits;
  UniqueFd ready;

  mutable std::mutex mutex;
  std::condition_variable prepare_wanted;
  std::condition_variable commit_wanted;
  std::condition_variable all_ended;
  std::deque<Entry> preparing;
  std::deque<Entry> waiting;
  std::deque<Entry> ended;
  std::size_t in_all{0};  // posted, and not in `ended` yet
  std::size_t now_waiting{0};
  std::size_t at_once_waiting{0};
  std::size_t awaited_now{0};  // so many of those end the store's thread's sleep; 0: anything does
  bool is_preparing{false};
  bool draining{false};
  bool stopping{false};
  Counters counters;

  Gathering gathering;  // the store's thread only
  std::array<SteadyClock::time_point, 2> last_now;
  std::thread preparer;
  std::thread committer;
};

void Committer::State::prepare_all() {
  std::unique_lock lock{mutex};
  for (;;) {
    prepare_wanted.wait(lock, [this] { return stopping || !preparing.empty(); });
    if (preparing.empty()) return;
    Entry entry = std::move(preparing.front());
    preparing.pop_front();
    is_preparing = true;
    lock.unlock();
    entry.result = entry.operation.prepare();
    lock.lock();
    is_preparing = false;
    if (entry.result) {
      posted(std::move(entry));
    } else {
      ++counters.failed;
      Entries alone;
      alone.push_back(std::move(entry));
      tell(std::move(alone));
    }
    if (stopping) commit_wanted.notify_one();
  }
}

/// The mutex is held. The store's thread is woken only where there is enough for it.
void Committer::State::posted(Entry entry) {
  if (is_now(entry)) ++now_waiting;
  if (entry.operation.at_once) ++at_once_waiting;
  entry.posted = SteadyClock::now();
  waiting.push_back(std::move(entry));
  if (awaited()) commit_wanted.notify_one();
}

bool Committer::State::awaited() const {
  if (draining || stopping || at_once_waiting > 0 || waiting.size() >= limits.group) return true;
  return awaited_now == 0 ? !waiting.empty() : now_waiting >= awaited_now;
}

void Committer::State::sleep(std::unique_lock<std::mutex>& lock, SteadyClock::time_point until,
                             std::size_t enough) {
  awaited_now = enough;
  commit_wanted.wait_until(lock, until, [this] { return awaited(); });
  awaited_now = 0;
}

// Until there are as many that want to be on the disk as came together before; or, where none
// wants that, until the oldest has waited long enough.
void Committer::State::gather(std::unique_lock<std::mutex>& lock) {
  if (now_waiting == 0) {
    const bool stream = SteadyClock::now() - last_now.front() < limits.stream_gap;
    const auto patience = stream ? limits.soon_in_stream : limits.soon;
    sleep(lock, waiting.front().posted + patience, 1);
  }
  if (now_waiting == 0) return;
  const Gathering::Wait wait = gathering.next();
  sleep(lock, SteadyClock::now() + wait.at_most, wait.operations);
}

Entries Committer::State::next_group(std::unique_lock<std::mutex>& lock) {
  commit_wanted.wait(lock, [this] { return !waiting.empty() || nothing_comes(); });
  Entries group;
  if (waiting.empty()) return group;
  gather(lock);
  const std::size_t size = std::min(waiting.size(), limits.group);
  for (std::size_t i = 0; i < size; ++i) {
    group.push_back(std::move(waiting.front()));
    waiting.pop_front();
  }
  const auto now = static_cast<std::size_t>(std::ranges::count_if(group, is_now));
  now_waiting -= now;
  at_once_waiting -= static_cast<std::size_t>(
      std::ranges::count_if(group, [](const Entry& each) { return each.operation.at_once; }));
  if (now > 0) {
    gathering.was(now);
    last_now = {last_now.back(), SteadyClock::now()};
  }
  return group;
}

void Committer::State::commit_all() {
  std::unique_lock lock{mutex};
  for (;;) {
    Entries group = next_group(lock);
    if (group.empty()) return;
    lock.unlock();
    carry_out(group);
    lock.lock();
    tell(std::move(group));
  }
}

/// One transaction of all of them. On an error nothing of it is left.
Result<void> Committer::State::together(Entries& group) {
  const bool now = std::ranges::any_of(group, is_now);
  LBX_TRY(store.begin(now ? Durability::Now : Durability::Soon));
  for (Entry& each : group) {
    Result<void> done = each.operation.run(store);
    if (done) continue;
    store.roll_back();
    return done;
  }
  LBX_TRY(store.commit());
  const std::lock_guard lock{mutex};
  ++counters.transactions;
  if (now) ++counters.flushes;
  return {};
}

void Committer::State::carry_out(Entries& group) {
  Result<void> done = together(group);
  if (!done && group.size() > 1) {
    // One of them, or a disk without room for all: each for itself.
    for (Entry& each : group) {
      Entries alone;
      alone.push_back(std::move(each));
      alone.front().result = together(alone);
      each = std::move(alone.front());
    }
  } else {
    for (Entry& each : group) each.result = done;
  }
  const std::lock_guard lock{mutex};
  counters.operations += group.size();
  counters.failed += static_cast<std::uint64_t>(
      std::ranges::count_if(group, [](const Entry& each) { return !each.result; }));
}

/// The mutex is held.
void Committer::State::tell(Entries group) {
  in_all -= group.size();
  std::ranges::move(group, std::back_inserter(ended));
  static_cast<void>(::eventfd_write(ready.get(), 1));  // what could fail is an overflow
  if (in_all == 0) all_ended.notify_all();
}

void Committer::State::stop() {
  {
    const std::lock_guard lock{mutex};
    stopping = true;
  }
  prepare_wanted.notify_all();
  if (preparer.joinable()) preparer.join();
  commit_wanted.notify_all();
  if (committer.joinable()) committer.join();
}

Result<std::unique_ptr<Committer>> Committer::start(QueueStore& store, Limits limits) {
  auto state = std::make_unique<State>(store, limits);
  state->ready.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state->ready) return Error::from_errno(errno, "eventfd");
  State* const shared = state.get();
  state->preparer = std::thread{[shared] { shared->prepare_all(); }};
  state->committer = std::thread{[shared] { shared->commit_all(); }};
  return std::unique_ptr<Committer>{new Committer{std::move(state)}};  // NOLINT: private
}

Committer::Committer(std::unique_ptr<State> state) : state_{std::move(state)} {}

Committer::~Committer() = default;

Result<void> Committer::post(Operation operation) {
  const std::lock_guard lock{state_->mutex};
  if (state_->in_all >= state_->limits.waiting) {
    return Error::later("too much is waiting for the queue's disk");
  }
  ++state_->in_all;
  Entry entry{std::move(operation), {}, {}};
  if (entry.operation.prepare) {
    state_->preparing.push_back(std::move(entry));
    state_->prepare_wanted.notify_one();
  } else {
    state_->posted(std::move(entry));
  }
  return {};
}

int Committer::ready_fd() const {
  return state_->ready.get();
}

void Committer::finish() {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(state_->ready.get(), &ignored));
  std::deque<Entry> ended;
  {
    const std::lock_guard lock{state_->mutex};
    ended.swap(state_->ended);
  }
  for (Entry& each : ended) {
    if (each.operation.done) each.operation.done(std::move(each.result));
  }
}

void Committer::drain() {
  {
    std::unique_lock lock{state_->mutex};
    state_->draining = true;
    state_->commit_wanted.notify_one();
    state_->all_ended.wait(lock, [this] { return state_->in_all == 0; });
    state_->draining = false;
  }
  finish();
}

Committer::Counters Committer::counters() const {
  const std::lock_guard lock{state_->mutex};
  return state_->counters;
}

}  // namespace lbx::queue
