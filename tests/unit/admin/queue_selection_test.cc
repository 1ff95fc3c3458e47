// SPDX-License-Identifier: MIT
#include "admin/queue_selection.h"

#include <gtest/gtest.h>

namespace lbx::admin {
namespace {

using queue::Channel;
using queue::State;

queue::Recipient recipient(const std::string& address, const std::string& destination,
                           Channel channel = Channel::Remote, State state = State::Waiting) {
  queue::Recipient out;
  out.state = state;
  out.as.channel = channel;
  out.as.address = address;
  out.as.destination = destination;
  return out;
}

queue::Message message() {
  queue::Message out;
  out.id = 42;
  out.envelope.sender = "Joe@Example.org";
  out.envelope.born = 1000;
  out.recipients = {recipient("ann@far.example", "far.example"),
                    recipient("bob@near.example", "bob", Channel::Local, State::Held),
                    recipient("eve@far.example", "far.example", Channel::Remote, State::Done)};
  out.recipients[1].as.original = "info@shop.example";
  return out;
}

/// The recipients chosen, as the first letters of their addresses; "-" where not even the message.
std::string chosen(const QueueSelection& selection, std::int64_t now = 1060) {
  const queue::Message all = message();
  if (!chooses(selection, all, now)) return "-";
  std::string out;
  for (const queue::Recipient& each : all.recipients) {
    if (chooses(selection, each)) out += each.as.address[0];
  }
  return out;
}

TEST(QueueSelectionTest, NothingAskedForLetsThroughAllThatIsNotDone) {
  EXPECT_EQ(chosen({}), "ab");
  EXPECT_TRUE(chooses_everything({}));
}

TEST(QueueSelectionTest, RecipientsAreChosenByAllThatIsAskedForTogether) {
  EXPECT_EQ(chosen({.recipient = "*@FAR.example"}), "a");
  EXPECT_EQ(chosen({.recipient = "info@*"}), "b");
  EXPECT_EQ(chosen({.destination = "far.example"}), "a");
  EXPECT_EQ(chosen({.destination = "far.example", .state = State::Done}), "e");
  EXPECT_EQ(chosen({.state = State::Held}), "b");
  EXPECT_EQ(chosen({.channel = Channel::Local}), "b");
  EXPECT_EQ(chosen({.recipient = "ann@*", .channel = Channel::Local}), "-");
}

TEST(QueueSelectionTest, MessagesAreChosenByNumberSenderAndAge) {
  EXPECT_EQ(chosen({.messages = {41, 42}}), "ab");
  EXPECT_EQ(chosen({.messages = {43}}), "-");
  EXPECT_EQ(chosen({.sender = "joe@*"}), "ab");
  EXPECT_EQ(chosen({.sender = "<joe@example.org>"}), "ab");
  EXPECT_EQ(chosen({.sender = "<>"}), "-");
  EXPECT_EQ(chosen({.older = 60}), "ab");
  EXPECT_EQ(chosen({.older = 61}), "-");
  EXPECT_EQ(chosen({.younger = 60}), "ab");
  EXPECT_EQ(chosen({.younger = 59}), "-");
}

TEST(QueueSelectionTest, AClockThatWasPutBackMakesNothingOlderThanNew) {
  EXPECT_EQ(chosen({.younger = 0}, 10), "ab");
}

TEST(QueueSelectionTest, WhateverLetsAllThroughIsEverything) {
  EXPECT_TRUE(chooses_everything({.sender = "*", .recipient = "**", .older = 0}));
  EXPECT_FALSE(chooses_everything({.sender = "<>"}));
  EXPECT_FALSE(chooses_everything({.sender = ""}));
  EXPECT_FALSE(chooses_everything({.messages = {1}}));
  EXPECT_FALSE(chooses_everything({.channel = Channel::Local}));
  EXPECT_FALSE(chooses_everything({.younger = 5}));
}

TEST(QueueSelectionTest, PatternsMatchWholeTexts) {
  EXPECT_TRUE(matches_pattern("", ""));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("a*b*c", "aXbbYc"));
  EXPECT_TRUE(matches_pattern("*.example", "a.example.example"));
  EXPECT_FALSE(matches_pattern("a*b", "abc"));
  EXPECT_FALSE(matches_pattern("", "a"));
  EXPECT_FALSE(matches_pattern("a", ""));
  EXPECT_FALSE(matches_pattern("a?", "ab")) << "only the star is special";
}

TEST(QueueSelectionTest, APatternOfManyStarsIsNoTrouble) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "*a";
  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(20'000, 'a')));
}

TEST(QueueSelectionTest, AgesHaveUnits) {
  const auto age = [](const std::string& text) {
    const Result<std::int64_t> parsed = parse_age(text);
    return parsed ? *parsed : -1;
  };
  EXPECT_EQ(age("90"), 90);
  EXPECT_EQ(age("45s"), 45);
  EXPECT_EQ(age("10m"), 600);
  EXPECT_EQ(age("12h"), 43'200);
  EXPECT_EQ(age("3d"), 259'200);
  EXPECT_EQ(age("2w"), 1'209'600);
  for (const char* const wrong : {"", "h", "-1", "1y", "1.5h", "99999999999w", "1 h"}) {
    EXPECT_EQ(age(wrong), -1) << wrong;
  }
}

TEST(QueueSelectionTest, WordsAreReadAsTheyAreWritten) {
  for (const State each :
       {State::Waiting, State::Held, State::Failed, State::Arrived, State::Done}) {
    const Result<State> read = parse_state(std::string{word_of(each)});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, each);
  }
  for (const Channel each : {Channel::Local, Channel::Remote}) {
    const Result<Channel> read = parse_channel(std::string{word_of(each)});
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, each);
  }
  const Result<State> wrong = parse_state("lost");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().what, "lost is none of: waiting held failed arrived done");
}

}  // namespace
}  // namespace lbx::admin
