// SPDX-License-Identifier: MIT
#include "queue/in_flow.h"

#include <gmock/gmock.h>

#include <vector>

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class InFlowTest : public testing::Test {
 protected:
  InFlowTest() { flow.set_limits({.crowd = 10, .least = 200}); }

  void submit(int count, const InFlow::Load& load) {
    for (int i = 0; i < count; ++i) {
      flow.submit([this, number = next++] { gone.push_back(number); }, load);
    }
  }

  InFlow flow;
  int next{1};
  std::vector<int> gone;
};

TEST_F(InFlowTest, NothingIsHeldWhereFewWait) {
  submit(3, {.due = 10});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3));
  EXPECT_EQ(flow.held(), 0U);
}

TEST_F(InFlowTest, WhereManyWaitAThirdOfWhatBeginsComesInInItsOrder) {
  submit(12, {.due = 11, .begun = 100});
  EXPECT_THAT(gone, ElementsAre(1, 2)) << "of 200 a second, in a hundredth of one";
  flow.tick({.due = 50, .begun = 112});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3, 4, 5, 6));
  flow.tick({.due = 50, .begun = 121});
  EXPECT_THAT(gone, SizeIs(9));
  EXPECT_EQ(flow.held(), 3U);
}

TEST_F(InFlowTest, SoManyASecondComeInWhateverBegins) {
  submit(10, {.due = 1000});
  flow.tick({.due = 1000});
  EXPECT_THAT(gone, SizeIs(4));
  flow.set_limits({.crowd = 10, .least = 1});
  flow.tick({.due = 1000});
  EXPECT_THAT(gone, SizeIs(5)) << "never none";
}

TEST_F(InFlowTest, WhoHandsInOneAfterTheOtherHasTheSamePace) {
  for (int i = 0; i < 3; ++i) submit(1, {.due = 11});
  EXPECT_THAT(gone, ElementsAre(1, 2));
  flow.tick({.due = 11});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3));
  for (int i = 0; i < 3; ++i) submit(1, {.due = 11});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3, 4));
}

TEST_F(InFlowTest, WhatBeganBeforeCountsForNothing) {
  submit(10, {.due = 11, .begun = 1'000'000});
  flow.tick({.due = 11, .begun = 1'000'000});
  EXPECT_THAT(gone, SizeIs(4));
}

TEST_F(InFlowTest, AllComesInWhenFewWaitAgain) {
  submit(100, {.due = 11});
  flow.tick({.due = 10});
  EXPECT_THAT(gone, SizeIs(100));
  EXPECT_FALSE(flow.pacing());
}

TEST_F(InFlowTest, NothingOvertakesWhatIsHeld) {
  submit(3, {.due = 11});
  submit(1, {.due = 0});
  EXPECT_THAT(gone, ElementsAre(1, 2));
  flow.tick({.due = 0});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3, 4));
}

TEST_F(InFlowTest, ItEndsWhereNothingComesIn) {
  submit(1, {.due = 11});
  EXPECT_TRUE(flow.pacing());
  flow.tick({.due = 11});
  EXPECT_TRUE(flow.pacing()) << "one came in this interval";
  flow.tick({.due = 11});
  EXPECT_FALSE(flow.pacing());
}

}  // namespace
}  // namespace lbx::queue
