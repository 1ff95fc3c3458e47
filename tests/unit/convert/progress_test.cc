// SPDX-License-Identifier: MIT
#include "convert/progress.h"

#include <gmock/gmock.h>

namespace lbx::convert {
namespace {

TEST(ProgressTest, TheBarFillsAndStaysWithinItsWidth) {
  EXPECT_EQ(progress_bar(0, 100, 0), "[..............................]   0 %  0 messages");
  EXPECT_EQ(progress_bar(50, 100, 7), "[###############...............]  50 %  7 messages");
  EXPECT_EQ(progress_bar(100, 100, 9), "[##############################] 100 %  9 messages");
  EXPECT_EQ(progress_bar(200, 100, 9), progress_bar(100, 100, 9));
  EXPECT_EQ(progress_bar(0, 0, 0), "[##############################] 100 %  0 messages");
}

}  // namespace
}  // namespace lbx::convert
