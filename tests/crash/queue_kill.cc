// SPDX-License-Identifier: MIT
// A process that submits to the queue's store is killed at random moments, again and again. Each
// message whose submission it had told us of is there afterwards, whole, until it was ended.
//
//   queue_kill [ROUNDS [SEED]]
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "queue/store/committer.h"
#include "queue/store/sqlite_store.h"
#include "support/scratch.h"

namespace {

using namespace lbx;
using namespace lbx::queue;

constexpr std::size_t kAtOnce = 8;
constexpr int kLongestLife = 60;  // milliseconds

struct World {
  PosixFileOps files;
  SystemClock clock;
  SystemRandomness randomness;
  System system{files, clock, randomness, ::getpid(), "host", {}};
};

std::string body_of(std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::string octets(random() % 20'000, '\0');
  for (char& each : octets) each = static_cast<char>(random());
  return octets;
}

std::unique_ptr<SqliteStore> open_store(World& world, const std::string& directory) {
  auto store =
      SqliteStore::open(world.system, directory, {SqliteStore::Access::Write, 5'000, nullptr});
  if (store) return std::move(store).value();
  std::printf("open: %s\n", store.error().what.c_str());
  std::exit(1);  // NOLINT(concurrency-mt-unsafe): no other thread yet
}

/// What the child tells: message `id`, made of `seed`, is in the queue; or, with seed 0, will be
/// ended.
struct Told {
  MessageId id;
  std::uint64_t seed;
};

class Child {
 public:
  Child(Committer& committer, int out, std::uint64_t seed)
      : committer_{committer}, out_{out}, random_{seed} {}

  [[noreturn]] void run() {
    for (std::size_t i = 0; i < kAtOnce; ++i) submit();
    for (;;) {
      pollfd ready{committer_.ready_fd(), POLLIN, 0};
      ::poll(&ready, 1, -1);
      committer_.finish();
    }
  }

 private:
  void tell(Told told) const {
    if (::write(out_, &told, sizeof told) != sizeof told) ::_exit(1);
  }
  void submit() {
    const std::uint64_t seed = random_() | 1U;
    auto submitted = std::make_shared<Submitted>();
    const auto run = [seed, submitted](QueueStore& store) -> Result<void> {
      NewMessage message;
      message.body = InlineBody{body_of(seed)};
      message.envelope.size = std::get<InlineBody>(message.body).octets.size();
      message.recipients.emplace_back().address = "a@b";
      *submitted = LBX_TRY(store.submit(message));
      return {};
    };
    const auto done = [this, seed, submitted](const Result<void>& result) {
      if (!result) ::_exit(1);
      tell({submitted->message, seed});
      if (random_() % 2 == 0) end(*submitted);
      submit();
    };
    if (!committer_.post({Durability::Now, {}, run, done})) ::_exit(1);
  }
  void end(const Submitted& submitted) {
    tell({submitted.message, 0});
    const auto run = [submitted](QueueStore& store) -> Result<void> {
      const Outcome outcome{submitted.recipients.front(), State::Done, 0, 1, ""};
      LBX_TRY(store.record({&outcome, 1}));
      LBX_TRY(store.end({&submitted.message, 1}));
      return {};
    };
    if (!committer_.post({Durability::Soon, {}, run, {}})) ::_exit(1);
  }

  Committer& committer_;
  int out_;
  std::mt19937_64 random_;
};

[[noreturn]] void child(const std::string& directory, int out, std::uint64_t seed) {
  World world;
  const auto store = open_store(world, directory);
  const auto committer = Committer::start(*store, {});
  if (!committer) ::_exit(1);
  Child{**committer, out, seed}.run();
}

/// Every message that the queue must have, and those that it may have.
struct Known {
  std::map<MessageId, std::uint64_t> must;
  std::map<MessageId, std::uint64_t> may;
};

/// Starts a child and kills it. What it wrote to the pipe before is told even so.
void round(const std::string& directory, std::mt19937_64& random, Known& known) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
  const std::uint64_t seed = random();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    child(directory, ends[1], seed);
  }
  ::close(ends[1]);
  const auto take = [&known](const Told& told) {
    if (told.seed != 0) known.must[told.id] = told.seed;
    if (told.seed == 0) known.may.insert(known.must.extract(told.id));
  };
  Told told{};
  if (::read(ends[0], &told, sizeof told) == sizeof told) take(told);  // it is at work
  ::poll(nullptr, 0, static_cast<int>(random() % kLongestLife));
  ::kill(pid, SIGKILL);
  while (::read(ends[0], &told, sizeof told) == sizeof told) take(told);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!WIFSIGNALED(status)) std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
}

std::size_t faults(SqliteStore& store, const Known& known) {
  std::size_t faults = 0;
  const auto check = store.check();
  if (!check || !check->empty()) ++faults;
  for (const auto& [id, seed] : known.must) {
    const auto message = store.message(id, true);
    const bool whole = message && *message && (**message).body == Body{InlineBody{body_of(seed)}};
    if (!whole) std::printf("message %lld is not there\n", static_cast<long long>(id));
    if (!whole) ++faults;
  }
  for (const auto& [id, seed] : known.may) {
    const auto message = store.message(id, true);
    if (!message || (*message && (**message).body != Body{InlineBody{body_of(seed)}})) ++faults;
  }
  return faults;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::stoul(argv[1]) : 25;
  const std::uint64_t seed = argc > 2 ? std::stoull(argv[2]) : std::random_device{}();
  std::mt19937_64 random{seed};
  const testing_support::ScratchDirectory scratch;
  Known known;
  std::size_t found = 0;
  for (std::size_t i = 0; i < rounds && found == 0; ++i) {
    round(scratch.path(), random, known);
    World world;
    found = faults(*open_store(world, scratch.path()), known);
  }
  std::printf("seed %llu: %zu acknowledged and kept, %zu ended, %zu faults\n",
              static_cast<unsigned long long>(seed), known.must.size(), known.may.size(), found);
  return found == 0 && known.must.size() > rounds ? 0 : 1;
}
