// SPDX-License-Identifier: MIT
#include "deliver/order.h"

#include <gtest/gtest.h>

#include "deliver/lmtp_reply.h"

namespace lbx::deliver {
namespace {

TEST(UserOrder, ReadsBackWhatItWrites) {
  for (const Order::Kind kind : {Order::Kind::Verdict, Order::Kind::Deliver, Order::Kind::Local,
                                 Order::Kind::Forget, Order::Kind::Settle}) {
    UserOrder order;
    order.kind = kind;
    order.number = 77;
    order.expires = 12;
    order.request = {"joe", "/home/joe", "joe-x", "-", "x", "a.b", "s@t\n", ""};
    order.size = 4;
    order.attempt = "id.1.2";
    order.earlier = wire::Earlier::None;
    order.settle_later = true;
    order.dsn = "1:a,";
    const Result<UserOrder> again = decode_user_order(encode(order));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(encode(*again), encode(order));
    EXPECT_EQ(again->kind, kind);
    EXPECT_EQ(again->earlier, wire::Earlier::None);
    EXPECT_TRUE(again->settle_later);
    EXPECT_EQ(again->request.host, "a.b");
    EXPECT_EQ(again->dsn, "1:a,");
  }
  EXPECT_FALSE(decode_user_order(encode(1, Order{})));
}

TEST(LmtpReply, HasTheCodeOfTheEnhancedCode) {
  const auto code = [](Verdict verdict, const char* text) {
    return wire::to_line(reply_of({verdict, text}));
  };
  EXPECT_EQ(code(Verdict::Done, "2.0.0 delivered"), "250 2.0.0 delivered\r\n");
  EXPECT_EQ(code(Verdict::Later, "4.2.2 full"), "452 4.2.2 full\r\n");
  EXPECT_EQ(code(Verdict::Later, "4.3.0 x"), "451 4.3.0 x\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.1.1 no mailbox"), "550 5.1.1 no mailbox\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.2.2 full"), "552 5.2.2 full\r\n");
  EXPECT_EQ(code(Verdict::Never, "5.4.6 loop"), "554 5.4.6 loop\r\n");
}

TEST(LmtpReply, BelievesTheVerdictAndStaysOneLine) {
  EXPECT_EQ(wire::to_line(reply_of({Verdict::Later, "5.1.1 a\r\n250 b"})),
            "451 4.3.0 5.1.1 a??250 b\r\n");
  EXPECT_EQ(wire::to_line(reply_of({Verdict::Never, ""})), "554 5.3.0 \r\n");
}

}  // namespace
}  // namespace lbx::deliver
