// SPDX-License-Identifier: MIT
#include "core/wire/remote_order.h"

#include <gtest/gtest.h>

#include "core/wire/datagram.h"

namespace lbx::wire {
namespace {

using namespace std::string_literals;

TEST(RemoteOrder, ReadsBackWhatItWrites) {
  const RemoteOrder order{"far.example", "s@x", {{7, "a@far.example"}, {8, "b c@far.example"}}};
  const std::vector<std::string> datagrams = encode(order);
  ASSERT_EQ(datagrams.size(), 1U);
  const Result<RemoteOrder> again = decode_remote_order(datagrams[0]);
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(*again, order);
}

TEST(RemoteOrder, ManyOrLongRecipientsAreSeveralOrders) {
  for (const std::size_t length : {1U, 1002U}) {
    RemoteOrder order{"h", std::string(2000, 's'), {}};
    for (std::uint64_t i = 0; i < 250; ++i)
      order.recipients.push_back({i, std::string(length, 'x')});
    std::vector<RemoteRecipient> all;
    for (const std::string& each : encode(order)) {
      EXPECT_LE(each.size(), kMaxDatagram);
      const Result<RemoteOrder> part = decode_remote_order(each);
      ASSERT_TRUE(part);
      EXPECT_LE(part->recipients.size(), kMaxRemoteRecipients);
      EXPECT_EQ(part->sender, order.sender);
      all.insert(all.end(), part->recipients.begin(), part->recipients.end());
    }
    EXPECT_EQ(all, order.recipients);
  }
}

TEST(RemoteOrder, RefusesWhatIsNone) {
  for (const std::string& each : {""s, "R\0h\0s\0"s, "R\0h\0s\0001\0"s, "R\0h\0s\0x\0a\0"s,
                                  "Q\0h\0s\0001\0a\0"s, "R\0h\0s\0001\0a"s}) {
    EXPECT_FALSE(decode_remote_order(each)) << each;
  }
}

}  // namespace
}  // namespace lbx::wire
