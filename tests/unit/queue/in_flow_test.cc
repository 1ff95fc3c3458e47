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
  submit(10, {.due = 11, .begun = 100});
  EXPECT_THAT(gone, IsEmpty());
  flow.tick({.due = 50, .begun = 112});
  EXPECT_THAT(gone, ElementsAre(1, 2, 3, 4));
  flow.tick({.due = 50, .begun = 121});
  EXPECT_THAT(gone, SizeIs(7));
  EXPECT_EQ(flow.held(), 3U);
}

TEST_F(InFlowTest, SoManyASecondComeInWhateverBegins) {
  submit(10, {.due = 1000});
  flow.tick({.due = 1000});
  EXPECT_THAT(gone, ElementsAre(1, 2)) << "of 200 a second, in a hundredth of one";
  flow.set_limits({.crowd = 10, .least = 1});
  flow.tick({.due = 1000});
  EXPECT_THAT(gone, SizeIs(3)) << "never none";
}

TEST_F(InFlowTest, WhatBeganBeforeCountsForNothing) {
  submit(10, {.due = 11, .begun = 1'000'000});
  flow.tick({.due = 11, .begun = 1'000'000});
  EXPECT_THAT(gone, SizeIs(2));
}

TEST_F(InFlowTest, AllComesInWhenFewWaitAgain) {
  submit(100, {.due = 11});
  flow.tick({.due = 10});
  EXPECT_THAT(gone, SizeIs(100));
}

TEST_F(InFlowTest, NothingOvertakesWhatIsHeld) {
  submit(1, {.due = 11});
  submit(1, {.due = 0});
  EXPECT_THAT(gone, IsEmpty());
  flow.tick({.due = 0});
  EXPECT_THAT(gone, ElementsAre(1, 2));
}

}  // namespace
}  // namespace lbx::queue
