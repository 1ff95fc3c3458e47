// SPDX-License-Identifier: MIT
#include "service/auth/helper.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/test_system.h"

namespace lbx::auth {
namespace {

using testing_support::TestSystem;

constexpr std::chrono::milliseconds kPatience{60'000};

TEST(Helper, GetsTheCredentialsAndReportsWithItsUid) {
  TestSystem outside;
  const Result<HelperResult> ran = run_helper(
      outside.system,
      {{"/bin/sh", "-c", "read -r x <&3; echo \"<$x>\" >&4; exit 7"}, "joe\n", 4, kPatience});
  ASSERT_TRUE(ran) << ran.error().what;
  EXPECT_EQ(ran->status.code, 7);
  ASSERT_TRUE(ran->report);
  EXPECT_EQ(ran->report->text, "<joe>\n");
  EXPECT_EQ(ran->report->uid, ::geteuid());
}

TEST(Helper, NeedNotReadNorReport) {
  TestSystem outside;
  const Result<HelperResult> ran =
      run_helper(outside.system, {{"/bin/true"}, std::string(20'000, 'x'), 4, kPatience});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status.code, 0);
  EXPECT_FALSE(ran->report);
}

TEST(Helper, AReportThatIsTooLongIsNotBelieved) {
  TestSystem outside;
  const Result<HelperResult> ran =
      run_helper(outside.system, {{"/bin/sh", "-c", "printf '%9000s' x >&4"}, "", 4, kPatience});
  ASSERT_TRUE(ran);
  EXPECT_FALSE(ran->report);
}

TEST(Helper, IsKilledWhenItsTimeIsOver) {
  TestSystem outside;
  EXPECT_FALSE(run_helper(outside.system, {{"/bin/sleep", "1000"}, "", {}, {}}));
}

TEST(Helper, ThatIsNotThereExits111) {
  TestSystem outside;
  const Result<HelperResult> ran =
      run_helper(outside.system, {{"/nonexistent/program"}, "", {}, kPatience});
  ASSERT_TRUE(ran);
  EXPECT_EQ(ran->status.code, 111);
  EXPECT_FALSE(run_helper(outside.system, {{"/bin/true"}, std::string(40'000, 'x'), {}, {}}));
}

}  // namespace
}  // namespace lbx::auth
