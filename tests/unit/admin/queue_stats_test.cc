// SPDX-License-Identifier: MIT
#include "admin/queue_stats.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace lbx::admin {
namespace {

using queue::Channel;
using queue::State;
using testing::HasSubstr;

constexpr std::int64_t kNow = 10'000;

queue::Recipient recipient(const std::string& destination, State state = State::Waiting,
                           std::int64_t due = 0) {
  queue::Recipient out;
  out.state = state;
  out.due = due;
  out.as.channel = destination.find('.') == std::string::npos ? Channel::Local : Channel::Remote;
  out.as.destination = destination;
  return out;
}

queue::Message message(std::int64_t born, std::vector<queue::Recipient> recipients) {
  queue::Message out;
  out.envelope.born = born;
  out.envelope.size = 100;
  out.recipients = std::move(recipients);
  return out;
}

QueueStats example() {
  QueueStats stats{kNow};
  stats.add(message(9'000, {recipient("far.example"), recipient("joe", State::Held)}));
  stats.add(message(
      5'000, {recipient("far.example", State::Waiting, kNow + 5),
              recipient("near.example", State::Failed), recipient("gone.example", State::Done)}));
  return stats;
}

TEST(QueueStatsTest, CountsWhatIsNotDone) {
  const QueueStats stats = example();
  EXPECT_EQ(stats.messages(), 2U);
  EXPECT_EQ(stats.octets(), 200U);
  EXPECT_EQ(stats.oldest_age(), 5'000);
  EXPECT_EQ(stats.due(), 1U);
  EXPECT_EQ(stats.recipients(Channel::Remote, State::Waiting), 2U);
  EXPECT_EQ(stats.recipients(Channel::Remote, State::Failed), 1U);
  EXPECT_EQ(stats.recipients(Channel::Local, State::Held), 1U);
  EXPECT_EQ(stats.recipients(Channel::Local, State::Waiting), 0U);
}

TEST(QueueStatsTest, TheDestinationsWithTheMostComeFirst) {
  const std::vector<DestinationStats> top = example().top(2);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].destination, "far.example");
  EXPECT_EQ(top[0].recipients, 2U);
  EXPECT_EQ(top[0].oldest, 5'000);
  EXPECT_EQ(top[1].destination, "near.example") << "as many as joe, but older";
  EXPECT_EQ(example().top(100).size(), 3U);
}

TEST(QueueStatsTest, WhatWasTriedAndWaitsIsDeferred) {
  QueueStats stats{kNow};
  for (const State state : {State::Waiting, State::Waiting, State::Failed, State::Held}) {
    queue::Recipient tried = recipient("far.example", state);
    tried.attempts = 1;
    stats.add(message(9'000, {tried, recipient("far.example")}));
  }
  EXPECT_EQ(stats.deferred(Channel::Remote), 2U);
  EXPECT_EQ(stats.deferred(Channel::Local), 0U);
  EXPECT_EQ(stats.top(1)[0].recipients, 8U);
  EXPECT_EQ(stats.top(1)[0].deferred, 2U);
  EXPECT_EQ(nlohmann::json::parse(stats_json(stats, {}, 1, kNow))["destinations"][0]["deferred"],
            2);
  EXPECT_THAT(stats_prometheus(stats, {}, 1, kNow),
              HasSubstr("letterbox_queue_deferred{channel=\"remote\"} 2\n"));
}

TEST(QueueStatsTest, MessagesAreCountedByAge) {
  QueueStats stats{1'000'000};
  for (const std::int64_t age : {-5, 0, 300, 301, 3'600, 259'200, 259'201, 900'000}) {
    stats.add(message(1'000'000 - age, {recipient("joe")}));
  }
  EXPECT_THAT(stats.ages(), testing::ElementsAre(3, 2, 0, 0, 1, 2));
  const auto json = nlohmann::json::parse(stats_json(stats, {}, 1, 1'000'000));
  EXPECT_EQ(json["ages"][0], (nlohmann::json{{"up_to", 300}, {"messages", 3}}));
  EXPECT_EQ(json["ages"][5], (nlohmann::json{{"up_to", nullptr}, {"messages", 2}}));
  const std::string text = stats_prometheus(stats, {}, 1, 1'000'000);
  EXPECT_THAT(text, HasSubstr("letterbox_queue_messages_by_age{le=\"3600\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("letterbox_queue_messages_by_age{le=\"+Inf\"} 8\n"));
}

TEST(QueueStatsTest, AnEmptyQueueHasNoAge) {
  const QueueStats stats{kNow};
  EXPECT_EQ(stats.oldest_age(), 0);
  EXPECT_TRUE(stats.top(10).empty());
}

TEST(QueueStatsTest, DestinationsBeyondTheLimitAreCountedTogether) {
  QueueStats stats{kNow};
  for (std::size_t i = 0; i < kMaxDestinations + 7; ++i) {
    stats.add(message(1, {recipient(std::to_string(i) + ".example")}));
  }
  EXPECT_LE(stats.top(2 * kMaxDestinations).size(), kMaxDestinations + 1);
  EXPECT_EQ(stats.top(1)[0].destination, "(others)");
  EXPECT_EQ(stats.top(1)[0].recipients, 7U);
}

TEST(QueueStatsTest, TextSaysWhatRuns) {
  EXPECT_THAT(stats_text(example(), std::nullopt, 10, kNow), HasSubstr("not running"));
  EXPECT_THAT(stats_text(example(), Counters{{{"delivered", 12}}}, 10, kNow),
              HasSubstr("    delivered 12\n"));
}

TEST(QueueStatsTest, JsonHasTheSame) {
  const auto json =
      nlohmann::json::parse(stats_json(example(), Counters{{{"delivered", 12}}}, 1, kNow));
  EXPECT_EQ(json["messages"], 2);
  EXPECT_EQ(json["remote"]["waiting"], 2);
  EXPECT_EQ(json["destinations"].size(), 1U);
  EXPECT_EQ(json["destinations"][0]["oldest_age"], 5'000);
  EXPECT_EQ(json["counters"]["delivered"], 12);
  EXPECT_EQ(json["running"], true);
}

TEST(QueueStatsTest, MetricsHaveATypeEachAndEscapedLabels) {
  QueueStats stats{kNow};
  stats.add(message(9'000, {recipient("x\"\\\n.example")}));
  const std::string text =
      stats_prometheus(stats, Counters{{{"Busy now", 3}, {"delivered", 4}}}, 10, kNow);
  EXPECT_THAT(text,
              HasSubstr("# TYPE letterbox_queue_messages gauge\nletterbox_queue_messages 1\n"));
  EXPECT_THAT(text, HasSubstr("{channel=\"remote\",state=\"waiting\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("destination=\"x\\\"\\\\\\\\x0a.example\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("letterbox_queued_up 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE letterbox_queued_busy_now gauge\n"
                              "letterbox_queued_busy_now 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE letterbox_queued_delivered_total counter\n"
                              "letterbox_queued_delivered_total 4\n"));
  EXPECT_THAT(stats_prometheus(stats, std::nullopt, 10, kNow),
              HasSubstr("letterbox_queued_up 0\n"));
}

}  // namespace
}  // namespace lbx::admin
