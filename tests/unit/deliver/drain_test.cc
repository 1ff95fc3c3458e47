// SPDX-License-Identifier: MIT
#include "deliver/drain.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace lbx::deliver {
namespace {

class DrainTest : public testing::Test {
 protected:
  void SetUp() override {
    ::sigprocmask(SIG_SETMASK, nullptr, &before_);
    Result<UniqueFd> signals = catch_signals();
    ASSERT_TRUE(signals) << signals.error().what;
    Result<Drain> made = Drain::open(std::move(signals).value());
    ASSERT_TRUE(made) << made.error().what;
    drain.emplace(std::move(made).value());
  }
  void TearDown() override { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  static bool readable(int fd, int wait_ms) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, wait_ms) == 1;
  }

  std::optional<Drain> drain;

 private:
  sigset_t before_{};
};

TEST_F(DrainTest, WithoutMessagesTheSignalIsTheEnd) {
  EXPECT_FALSE(readable(drain->signals(), 0));
  ::kill(::getpid(), SIGTERM);
  ASSERT_TRUE(readable(drain->signals(), 0));
  EXPECT_FALSE(drain->signalled());
  EXPECT_TRUE(drain->draining());
}

TEST_F(DrainTest, TheLastMessageIsTheEnd) {
  std::optional<Drain::Turn> one{std::in_place, *drain};
  std::optional<Drain::Turn> two{std::in_place, *drain};
  ::kill(::getpid(), SIGINT);
  EXPECT_TRUE(drain->signalled());
  one.reset();
  EXPECT_FALSE(readable(drain->over(), 0));
  two.reset();
  EXPECT_TRUE(readable(drain->over(), 1000));
}

TEST_F(DrainTest, ATurnThatIsHandedOnCountsOnce) {
  std::optional<Drain::Turn> kept;
  {
    Drain::Turn first{*drain};
    kept.emplace(std::move(first));
  }
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(drain->signalled());
}

TEST_F(DrainTest, MessagesThatComeAndGoEndNothing) {
  { const Drain::Turn turn{*drain}; }
  EXPECT_FALSE(drain->draining());
  EXPECT_FALSE(readable(drain->over(), 0));
}

}  // namespace
}  // namespace lbx::deliver
