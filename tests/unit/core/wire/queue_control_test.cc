// SPDX-License-Identifier: MIT
#include "core/wire/queue_control.h"

#include <gmock/gmock.h>

#include <limits>
#include <numeric>

#include "core/wire/datagram.h"

namespace lbx::wire {
namespace {

using namespace std::string_literals;

TEST(QueueControlTest, AChangeIsReadAsItWasWritten) {
  const std::vector<std::int64_t> ids{1, 42, std::numeric_limits<std::int64_t>::max()};
  const auto datagrams = encode_change("fail", "No such user (#5.1.1)", ids);
  ASSERT_EQ(datagrams.size(), 1U);
  const Result<ChangeRequest> read = read_change(datagrams[0]);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(*read, (ChangeRequest{"fail", "No such user (#5.1.1)", ids}));
}

TEST(QueueControlTest, ManyRecipientsTakeSeveralDatagramsOfTheSizeAllowed) {
  std::vector<std::int64_t> ids(10'000);
  std::iota(ids.begin(), ids.end(), std::numeric_limits<std::int64_t>::max() - 10'000);
  std::vector<std::int64_t> read;
  for (const std::string& each : encode_change("hold", std::string(5000, 'x'), ids)) {
    EXPECT_LE(each.size(), kMaxDatagram);
    const Result<ChangeRequest> request = read_change(each);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->text.size(), kMaxChangeText);
    read.insert(read.end(), request->recipients.begin(), request->recipients.end());
  }
  EXPECT_EQ(read, ids);
}

TEST(QueueControlTest, NobodyMeansNothing) {
  EXPECT_TRUE(encode_change("retry", "", {}).empty());
}

TEST(QueueControlTest, TextCannotAddRecipients) {
  const std::vector<std::int64_t> ids{7};
  const Result<ChangeRequest> read = read_change(encode_change("fail", "a\0008\0\n"s, ids).at(0));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->recipients, ids);
  EXPECT_EQ(read->text, "a 8  ");
}

TEST(QueueControlTest, WhatIsNoChangeIsRefused) {
  for (const std::string& each :
       {""s, "C"s, "C\0"s, "S"s, "Chold"s, "Chold\0x\0"s, "Chold\0-1\0"s, "Chold\0\0"s,
        "Chold\0009223372036854775808\0"s, "C" + std::string(kMaxChangeName + 1, 'x') + "\0001\0"s,
        "C text\0001\0"s, "Chold\0001"s}) {
    const Result<ChangeRequest> read = read_change(each);
    EXPECT_FALSE(read) << each;
    EXPECT_EQ(read.error().retry, Retry::Never);
  }
}

TEST(QueueControlTest, CountersAreReadAndWhatIsNoneIsPassedOver) {
  EXPECT_THAT(read_counters("Sdelivered=12\nname\n=3\nx=y\nage=0\n"),
              testing::ElementsAre(Counter{"delivered", 12}, Counter{"age", 0}));
  EXPECT_TRUE(read_counters("delivered=12\n").empty());
}

}  // namespace
}  // namespace lbx::wire
