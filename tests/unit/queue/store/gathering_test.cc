// SPDX-License-Identifier: MIT
#include "queue/store/gathering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lbx::queue {
namespace {

/// Submitters that come back `think` microseconds after each answer, one transaction `commit` long.
struct Simulation {
  std::vector<std::int64_t> next;  // when each submits
  std::int64_t think;
  std::int64_t commit;
  std::int64_t now{0};
  std::int64_t waited{0};
  std::size_t operations{0};
  std::size_t transactions{0};

  /// When so many are there, or everybody is.
  std::int64_t time_of(std::size_t count) const {
    std::vector<std::int64_t> sorted = next;
    std::sort(sorted.begin(), sorted.end());
    return sorted.at(std::min(count, sorted.size()) - 1);
  }
  void transaction(Gathering& gathering) {
    const Gathering::Wait wait = gathering.next();
    now = std::max(now, time_of(1));
    const std::int64_t begun = now;
    if (wait.operations > 1) {
      const std::int64_t enough =
          wait.operations > next.size() ? INT64_MAX : time_of(wait.operations);
      now = std::max(now, std::min(begun + wait.at_most.count(), enough));
    }
    waited += now - begun;
    const std::int64_t cut = now;
    now += commit;
    std::size_t group = 0;
    for (std::int64_t& each : next) {
      if (each > cut) continue;
      // On a machine with few cores they come back one behind the other.
      each = now + think * static_cast<std::int64_t>(++group);
    }
    operations += group;
    ++transactions;
    gathering.was(group);
  }
};

Simulation run(std::size_t submitters, std::int64_t think, std::int64_t commit) {
  Simulation simulation{std::vector<std::int64_t>(submitters), think, commit};
  for (std::size_t i = 0; i < submitters; ++i) {
    simulation.next[i] = static_cast<std::int64_t>(i) * think;
  }
  Gathering gathering;
  for (int i = 0; i < 100; ++i) simulation.transaction(gathering);
  simulation.operations = simulation.transactions = 0;
  simulation.waited = 0;
  const std::int64_t begun = simulation.now;
  for (int i = 0; i < 2'000; ++i) simulation.transaction(gathering);
  simulation.now -= begun;
  return simulation;
}

TEST(GatheringTest, OneAloneNeverWaits) {
  for (const std::int64_t commit : {100, 5'000}) {
    EXPECT_EQ(run(1, 50, commit).waited, 0);
  }
}

TEST(GatheringTest, FiftyShareATransactionByTenAtLeast) {
  for (const std::int64_t commit : {100, 300, 5'000}) {
    for (const std::int64_t think : {50, 200, 500, 900}) {
      const Simulation with = run(50, think, commit);
      EXPECT_GE(with.operations, with.transactions * 10) << think << ' ' << commit;
    }
  }
}

TEST(GatheringTest, FewAreNotKeptForThoseWhoDoNotExist) {
  for (const std::size_t few : {std::size_t{2}, std::size_t{3}, std::size_t{10}}) {
    const Simulation with = run(few, 200, 300);
    // All of them, each time, plus a try now and then for more.
    const auto ideal = static_cast<double>(with.operations) / static_cast<double>(few) *
                       (200.0 * static_cast<double>(few) + 300.0);
    EXPECT_LT(static_cast<double>(with.now), ideal * 1.15) << few;
  }
}

TEST(GatheringTest, WhoIsLeftAloneWaitsOnceAtMost) {
  Gathering gathering;
  for (int i = 0; i < 50; ++i) gathering.was(40);
  EXPECT_GT(gathering.next().operations, 1U);
  EXPECT_LE(gathering.next().at_most, std::chrono::milliseconds{12});
  gathering.was(1);
  EXPECT_EQ(gathering.next().operations, 1U);
  EXPECT_EQ(gathering.next().at_most.count(), 0);
}

TEST(GatheringTest, ThereIsAnEndToWhatItExpects) {
  Gathering gathering;
  for (int i = 0; i < 1'000; ++i) gathering.was(100'000);
  EXPECT_EQ(gathering.next().operations, 64U);
}

}  // namespace
}  // namespace lbx::queue
