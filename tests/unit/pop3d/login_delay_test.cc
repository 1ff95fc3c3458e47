// SPDX-License-Identifier: MIT
#include "pop3d/login_delay.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class LoginDelayTest : public testing::Test {
 protected:
  bool too_soon(int seconds = 60) {
    const Result<bool> outcome =
        login_too_soon(outside.system, scratch.fd(), std::chrono::seconds{seconds});
    EXPECT_TRUE(outcome) << outcome.error().what;
    return *outcome;
  }
  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(LoginDelayTest, CountsFromTheLastLoginThatWasLetIn) {
  EXPECT_FALSE(too_soon());
  outside.clock.time.seconds += 59;
  EXPECT_TRUE(too_soon());
  outside.clock.time.seconds += 1;
  EXPECT_FALSE(too_soon());
  outside.clock.time.seconds += 1;
  EXPECT_TRUE(too_soon());
}

TEST_F(LoginDelayTest, AClockThatWasSetBackKeepsNobodyOut) {
  EXPECT_FALSE(too_soon());
  outside.clock.time.seconds -= 100'000;
  EXPECT_FALSE(too_soon());
}

TEST_F(LoginDelayTest, WithoutADelayNothingIsTouched) {
  EXPECT_FALSE(too_soon(0));
  EXPECT_TRUE(outside.files.journal().empty());
}

TEST_F(LoginDelayTest, AFileThatCannotBeOpenedIsAnError) {
  outside.files.fail_every("open", EACCES);
  EXPECT_FALSE(login_too_soon(outside.system, scratch.fd(), std::chrono::seconds{1}));
}

}  // namespace
}  // namespace lbx::pop3d
