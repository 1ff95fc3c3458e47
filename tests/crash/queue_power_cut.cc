// SPDX-License-Identifier: MIT
// The power goes while the queue's store is written, hundreds of times: between any two writes of
// SQLite's, with any part of what was not synced lost. What is left must be the queue as it was
// after some transaction that is not older than the last one committed with Durability::Now:
// nothing acknowledged is missing, nothing is torn, and nothing comes out of order.
//
//   queue_power_cut [MESSAGES [SEED]]
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "queue/store/sqlite_store.h"
#include "support/lossy_disk.h"
#include "support/scratch.h"

namespace {

using namespace lbx;
using namespace lbx::queue;
using testing_support::LossyDisk;
using testing_support::ScratchDirectory;

/// What a queue holds: message -> its body's seed, and whether its recipient waits.
using Content = std::map<MessageId, std::uint64_t>;

std::string body_of(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  const std::size_t size = random() % 20 == 0 ? random() % 200'000 : random() % 9'000;
  std::string octets(size, '\0');
  for (char& each : octets) each = static_cast<char>(random());
  return octets;
}

class Run {
 public:
  explicit Run(std::uint64_t seed) : random_{seed} {
    store_ = open(scratch_.path(), disk_.vfs());
    states_.push_back({});
    disk_.before_change = [this](const std::string& name) { maybe_cut(name); };
  }

  int go(std::size_t messages) {
    while (acknowledged_ < messages && faults_ == 0) transaction();
    store_.reset();  // writes all back: the power may go there too
    std::printf(
        "%zu acknowledged, %zu transactions, %zu power cuts, %zu in a write-back, "
        "%llu syncs, %zu faults\n",
        acknowledged_, transactions_, cuts_, cuts_in_write_back_,
        static_cast<unsigned long long>(disk_.syncs), faults_);
    return faults_ == 0 && cuts_ > messages / 50 ? 0 : 1;
  }

 private:
  std::unique_ptr<SqliteStore> open(const std::string& directory, const char* vfs) {
    auto store = SqliteStore::open(system_, directory, {SqliteStore::Access::Write, 0, vfs});
    if (store) return std::move(store).value();
    std::printf("open: %s\n", store.error().what.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
  }

  void require(const Result<void>& done) {
    if (done) return;
    std::printf("%s\n", done.error().what.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
  }

  void transaction() {
    const bool now = random_() % 3 != 0;
    Content next = states_.back();
    require(store_->begin(now ? Durability::Now : Durability::Soon));
    std::size_t added = 0;
    for (std::uint64_t count = random_() % 12; count > 0; --count, ++added) submit(next);
    for (std::uint64_t count = random_() % 12; count > 0 && !next.empty(); --count) end(next);
    states_.push_back(std::move(next));  // from the first write on this may be what is left
    require(store_->commit());
    ++transactions_;
    unacknowledged_ += added;
    if (!now) return;
    states_.erase(states_.begin(), states_.end() - 1);
    acknowledged_ += unacknowledged_;
    unacknowledged_ = 0;
  }

  void submit(Content& content) {
    const std::uint64_t seed = random_();
    NewMessage message;
    message.body = InlineBody{body_of(seed)};
    message.envelope.size = std::get<InlineBody>(message.body).octets.size();
    message.envelope.sender = std::to_string(seed);
    for (std::uint64_t i = random_() % 3; i < 3; ++i) {
      message.recipients.emplace_back().address = "a@b" + std::to_string(i);
    }
    auto submitted = store_->submit(message);
    if (!submitted) return require(submitted.error());
    content[submitted->message] = seed;
    recipients_[submitted->message] = submitted->recipients;
  }

  void end(Content& content) {
    // Old ones mostly, as in life; the queue stays some hundred messages long.
    if (content.size() < 200 && random_() % 4 != 0) return;
    const MessageId message = content.begin()->first;
    std::vector<Outcome> outcomes;
    for (const RecipientId each : recipients_[message]) {
      outcomes.push_back({each, State::Done, 0, 1, ""});
    }
    require(store_->record(outcomes));
    const auto ended = store_->end({&message, 1});
    if (!ended || ended->size() != 1) return require(Error::later("not ended"));
    content.erase(message);
    recipients_.erase(message);
  }

  void maybe_cut(const std::string& name) {
    const bool write_back = name.ends_with(".db");
    if (random_() % (write_back ? 40 : 400) != 0) return;
    ++cuts_;
    if (write_back) ++cuts_in_write_back_;
    const ScratchDirectory left;
    disk_.leave(left.path(), random_);
    const auto store = open(left.path(), nullptr);
    const auto check = store->check();
    if (!check || !check->empty()) {
      ++faults_;
      std::printf("check: %s\n", (check ? check->front() : check.error().what).c_str());
    }
    compare(*store);
  }

  /// The bodies too: their seeds are in the envelopes.
  void compare(SqliteStore& store) {
    Content found;
    const auto messages = store.list(0, 1'000'000);
    if (!messages) return require(messages.error());
    for (const Message& each : *messages) {
      const std::uint64_t seed = std::stoull(each.envelope.sender);
      found[each.id] = seed;
      const auto whole = store.message(each.id, true);
      if (whole && *whole && (**whole).body == Body{InlineBody{body_of(seed)}}) continue;
      ++faults_;
      std::printf("message %lld is not whole\n", static_cast<long long>(each.id));
    }
    for (const Content& each : states_) {
      if (each == found) return;
    }
    ++faults_;
    std::printf("the queue is as it never was: %zu messages\n", found.size());
  }

  std::mt19937_64 random_;
  PosixFileOps files_;
  SystemClock clock_;
  SystemRandomness randomness_;
  System system_{files_, clock_, randomness_, ::getpid(), "host", {}};
  ScratchDirectory scratch_;
  LossyDisk disk_;
  std::unique_ptr<SqliteStore> store_;
  std::map<MessageId, std::vector<RecipientId>> recipients_;
  std::vector<Content> states_;  // since the last one that must last
  std::size_t acknowledged_{0};
  std::size_t unacknowledged_{0};
  std::size_t transactions_{0};
  std::size_t cuts_{0};
  std::size_t cuts_in_write_back_{0};
  std::size_t faults_{0};
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t messages = argc > 1 ? std::stoul(argv[1]) : 2'000;
  const std::uint64_t seed = argc > 2 ? std::stoull(argv[2]) : std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return Run{seed}.go(messages);
}
