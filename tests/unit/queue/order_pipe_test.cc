// SPDX-License-Identifier: MIT
#include "queue/order_pipe.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "core/message/spool.h"
#include "core/wire/datagram.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OrderPipeTest : public testing::Test {
 protected:
  void SetUp() override {
    wire::SocketPair pair = wire::make_socket_pair().value();
    other = std::move(pair.theirs);
    pipe = OrderPipe::open(
               system.files, *loop, std::move(pair.ours),
               [this](std::string_view bytes) {
                 taken.emplace_back(bytes);
                 if (taken.back() == "last") loop->stop();
               },
               [this] {
                 ++lost;
                 loop->stop();
               })
               .value();
  }
  OrderPipe::Message message(const std::string& octets) {
    return std::make_shared<const UniqueFd>(sealed_memory(system.files, octets).value());
  }
  wire::Datagram receive() const {
    return wire::receive_datagram(other.get(), wire::Wait::Yes).value();
  }
  void answer(std::string_view bytes) const {
    EXPECT_TRUE(wire::send_datagram(other.get(), bytes, -1, wire::Wait::Yes));
  }

  testing_support::TestSystem system;
  std::unique_ptr<EventLoop> loop{EventLoop::open().value()};
  UniqueFd other;
  std::vector<std::string> taken;
  int lost{0};
  std::unique_ptr<OrderPipe> pipe;
};

TEST_F(OrderPipeTest, TwoOrdersOfOneMessageShareNoPosition) {
  const OrderPipe::Message shared = message("0123456789");
  pipe->send("first", shared, true);
  pipe->send("second", shared, true);
  const wire::Datagram first = receive();
  const wire::Datagram second = receive();
  EXPECT_EQ(first.bytes, "first");
  EXPECT_EQ(second.bytes, "second");
  std::string read(5, '\0');
  ASSERT_EQ(::read(first.descriptor.get(), read.data(), read.size()), 5);
  ASSERT_EQ(::read(second.descriptor.get(), read.data(), read.size()), 5);
  EXPECT_EQ(read, "01234");
}

TEST_F(OrderPipeTest, WhereTheMessageCannotBeHadAgainTheOrderGoesWithoutIt) {
  system.files.fail_every("open", EMFILE);
  pipe->send("order", message("x"), true);
  const wire::Datagram got = receive();
  EXPECT_EQ(got.bytes, "order");
  EXPECT_FALSE(got.descriptor);
}

TEST_F(OrderPipeTest, WhatTheOtherSideIsTooSlowForGoesLaterAndInOrder) {
  constexpr int kOrders = 2000;
  const std::string padding(4000, ' ');
  for (int i = 0; i < kOrders; ++i) pipe->send(std::to_string(i) + padding, nullptr, false);
  int in_order = 0;
  std::thread reader{[&] {
    for (int i = 0; i < kOrders; ++i) {
      if (receive().bytes == std::to_string(i) + padding) ++in_order;
    }
    answer("last");
  }};
  EXPECT_TRUE(loop->run());
  reader.join();
  EXPECT_EQ(in_order, kOrders);
  EXPECT_EQ(lost, 0);
}

TEST_F(OrderPipeTest, EveryAnswerIsTaken) {
  for (const char* const each : {"one", "two", "last"}) answer(each);
  EXPECT_TRUE(loop->run());
  EXPECT_THAT(taken, ElementsAre("one", "two", "last"));
}

TEST_F(OrderPipeTest, WhatTheOtherSideSaidBeforeItsEndIsTaken) {
  answer("one");
  other.reset();
  EXPECT_TRUE(loop->run());
  EXPECT_THAT(taken, ElementsAre("one"));
  EXPECT_EQ(lost, 1);
}

TEST_F(OrderPipeTest, TheEndOfTheOtherSideIsToldOnce) {
  other.reset();
  pipe->send("a", nullptr, false);
  pipe->send("b", message("x"), true);
  EXPECT_EQ(lost, 1);
  loop->post([this] { loop->stop(); });
  EXPECT_TRUE(loop->run());
  EXPECT_EQ(lost, 1);
  EXPECT_THAT(taken, IsEmpty());
}

}  // namespace
}  // namespace lbx::queue
