// SPDX-License-Identifier: MIT
// What the queue's store costs, without the programs around it.
//
//   queue_store DIRECTORY [MESSAGES [OCTETS]]
//
// Submitters, 1 and 50, each wait for their answer; every message is then recorded as delivered and
// ended. Printed: wall clock and CPU time of this process per message, flushes, the files' sizes;
// and how long a start with all messages waiting takes.
#include <poll.h>
#include <sys/resource.h>

#include <boost/filesystem.hpp>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>

#include "queue/store/committer.h"
#include "queue/store/sqlite_store.h"

namespace {

using namespace lbx;
using namespace lbx::queue;
using Steady = std::chrono::steady_clock;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since(Steady::time_point begun) {
  return std::chrono::duration<double>(Steady::now() - begun).count();
}

double mebibytes(const std::string& path) {
  boost::system::error_code error;
  const auto size = boost::filesystem::file_size(path, error);
  return error ? 0 : static_cast<double>(size) / (1024 * 1024);
}

NewMessage mail(std::size_t octets) {
  NewMessage message;
  message.envelope = {"sender@example.org", Return::Default, "", false, 1000, 4711, 1, octets};
  message.body = InlineBody{std::string(octets, 'x')};
  NewRecipient to;
  to.address = "recipient@example.org";
  to.destination = "recipient";
  message.recipients.push_back(to);
  return message;
}

/// As the queue process would: submit, then a record and an end for each.
class Load {
 public:
  Load(Committer& committer, std::size_t messages, std::size_t octets, bool deliver)
      : committer_{committer}, left_{messages}, message_{mail(octets)}, deliver_{deliver} {}

  void run(std::size_t submitters) {
    for (std::size_t i = 0; i < submitters; ++i) submit();
    while (busy_ > 0) {
      pollfd ready{committer_.ready_fd(), POLLIN, 0};
      ::poll(&ready, 1, -1);
      committer_.finish();
    }
  }

 private:
  void post(Durability durability, std::function<Result<void>(QueueStore&)> work,
            std::function<void()> then) {
    ++busy_;
    const Result<void> posted =
        committer_.post({durability, {}, std::move(work), [this, then](const Result<void>& done) {
                           --busy_;
                           if (!done) std::printf("failed: %s\n", done.error().what.c_str());
                           then();
                         }});
    if (!posted) std::printf("refused: %s\n", posted.error().what.c_str());
  }
  void submit() {
    if (left_ == 0) return;
    --left_;
    auto submitted = std::make_shared<Submitted>();
    post(
        Durability::Now,
        [this, submitted](QueueStore& store) -> Result<void> {
          *submitted = LBX_TRY(store.submit(message_));
          return {};
        },
        [this, submitted] {
          if (deliver_) end(*submitted);
          submit();
        });
  }
  void end(const Submitted& submitted) {
    post(
        Durability::Soon,
        [submitted](QueueStore& store) -> Result<void> {
          const Outcome outcome{submitted.recipients.front(), State::Done, 0, 2, ""};
          LBX_TRY(store.record({&outcome, 1}));
          LBX_TRY(store.end({&submitted.message, 1}));
          return {};
        },
        [] {});
  }

  Committer& committer_;
  std::size_t left_;
  std::size_t busy_{0};
  NewMessage message_;
  bool deliver_;
};

std::unique_ptr<SqliteStore> open_store(System& system, const std::string& directory) {
  auto store = SqliteStore::open(system, directory, {});
  if (store) return std::move(store).value();
  std::printf("%s\n", store.error().what.c_str());
  std::exit(1);
}

void through_and_out(System& system, const std::string& directory, std::size_t messages,
                     std::size_t octets, std::size_t submitters, bool deliver) {
  const auto store = open_store(system, directory);
  auto committer = Committer::start(*store, {});
  if (!committer) return;
  const double cpu = cpu_seconds();
  const auto begun = Steady::now();
  Load{**committer, messages, octets, deliver}.run(submitters);
  const double wall = since(begun);
  const Committer::Counters counters = (*committer)->counters();
  const auto count = static_cast<double>(messages);
  std::printf(
      "%s, %2zu submitters: %6.0f/s, CPU %5.1f us, %.3f flushes, %.2f transactions each; "
      "%.1f MiB, log %.1f MiB\n",
      deliver ? "in and out" : "in        ", submitters, count / wall,
      (cpu_seconds() - cpu) / count * 1e6, static_cast<double>(counters.flushes) / count,
      static_cast<double>(counters.transactions) / count, mebibytes(directory + "/queue.db"),
      mebibytes(directory + "/queue.db-wal"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  const std::string directory = argv[1];
  const std::size_t messages = argc > 2 ? std::stoul(argv[2]) : 10'000;
  const std::size_t octets = argc > 3 ? std::stoul(argv[3]) : 4'096;
  PosixFileOps files;
  SystemClock clock;
  SystemRandomness randomness;
  System system{files, clock, randomness, ::getpid(), "host", {}};
  for (const std::size_t submitters : {std::size_t{1}, std::size_t{10}, std::size_t{50}}) {
    through_and_out(system, directory, messages, octets, submitters, true);
  }
  through_and_out(system, directory, messages, octets, 50, false);

  const auto begun = Steady::now();
  const double cpu = cpu_seconds();
  const auto store = open_store(system, directory);
  const double opened = since(begun);
  std::size_t leased = 0;
  if (!store->lease([&](const Waiting&) { ++leased; })) return 1;
  const double lease = since(begun) - opened;
  const bool looked = store->unfinished().has_value();
  std::printf("start with %zu waiting: open %.3f s, lease %.3f s, unfinished %.3f s; CPU %.3f s\n",
              leased, opened, lease, since(begun) - opened - lease, cpu_seconds() - cpu);
  const auto totals_begun = Steady::now();
  return looked && store->totals() ? std::printf("totals %.3f s\n", since(totals_begun)) < 0 : 1;
}
