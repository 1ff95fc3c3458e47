// SPDX-License-Identifier: MIT
#include "queue/verp.h"

#include <gmock/gmock.h>

namespace lbx::queue {
namespace {

TEST(VerpTest, EachRecipientHasASenderOfItsOwn) {
  EXPECT_EQ(expand_verp("list-@send.example-@[]", "joe@example.org"),
            "list-joe=example.org@send.example");
  EXPECT_EQ(expand_verp("list-@send.example-@[]", "a@b@c"), "list-a@b=c@send.example");
}

TEST(VerpTest, OtherSendersStayAsTheyAre) {
  for (const char* const sender : {"", "#@[]", "ann@example.org", "-@[]", "list--@[]"}) {
    EXPECT_EQ(expand_verp(sender, "joe@example.org"), sender);
  }
  EXPECT_EQ(expand_verp("list-@send.example-@[]", "joe"), "list-@send.example-@[]");
}

TEST(VerpTest, ABounceGoesToTheSenderWithoutTheMark) {
  EXPECT_EQ(without_verp("list-@send.example-@[]"), "list-@send.example");
  EXPECT_EQ(without_verp("ann@example.org"), "ann@example.org");
  EXPECT_EQ(without_verp("#@[]"), "#@[]");
}

}  // namespace
}  // namespace lbx::queue
