// SPDX-License-Identifier: MIT
#include "core/wire/order.h"

#include <gtest/gtest.h>

namespace lbx::wire {
namespace {

using namespace std::string_literals;

TEST(Order, ReadsBackWhatItWrites) {
  for (const Order::Kind kind : {Order::Kind::Verdict, Order::Kind::Deliver, Order::Kind::Local,
                                 Order::Kind::Forget, Order::Kind::Settle}) {
    const Order order{kind, "joe x", "a.b", "s@t\n", 12, "id/0", "1:a,", Earlier::Maybe, true, 9};
    const Result<NumberedOrder> again = decode_order(encode(77, order));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->number, 77U);
    EXPECT_EQ(again->order, order);
  }
  for (const Verdict verdict : {Verdict::Done, Verdict::Later, Verdict::Never}) {
    const Answer said{verdict, "5.1.1 no", verdict == Verdict::Done, 17};
    const Result<NumberedAnswer> answer = decode_answer(encode(1, said));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->answer, said);
  }
}

TEST(Order, RefusesWhatIsNone) {
  const std::string good = encode(1, Order{});
  for (const std::string& each :
       {""s, "\0"s, good.substr(1), good + "x", good + "x\0"s, good.substr(0, good.size() - 1),
        "X" + good.substr(1), "V\0-1\0"s + "0\0a\0b\0c\0d\0n\0\0000\0"s,
        "V\0001\000x\0a\0b\0c\0d\0n\0\0000\0"s, "V\0001\0000\0a\0b\0c\0d\0x\0\0000\0"s}) {
    EXPECT_FALSE(decode_order(each)) << each;
  }
  EXPECT_FALSE(decode_answer("Q\0001\0x\0\0000\0"s));
  EXPECT_FALSE(decode_answer("K\000x\0x\0\0000\0"s));
}

TEST(Order, AnAnswerIsCutToItsLimit) {
  const Answer longer{Verdict::Never, std::string(2 * kMaxAnswerText, 'x')};
  EXPECT_EQ(decode_answer(encode(1, longer))->answer.text.size(), kMaxAnswerText);
}

TEST(Order, AnAnswerEndsAtItsFirstNul) {
  const Answer answer{Verdict::Done, "did 1+0+0\n\0and more"s};
  EXPECT_EQ(decode_answer(encode(1, answer))->answer.text, "did 1+0+0\n");
}

}  // namespace
}  // namespace lbx::wire
