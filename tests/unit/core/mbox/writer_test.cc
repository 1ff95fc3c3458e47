// SPDX-License-Identifier: MIT
#include "core/mbox/writer.h"

#include <gmock/gmock.h>

#include <random>

#include "unit/core/mbox/memory_file.h"

namespace lbx {
namespace {

using namespace std::string_literals;
using testing_support::read_mbox;
using testing_support::ReadMbox;

constexpr std::int64_t kDate = 1'136'171'045;

struct Written {
  std::string text;
  MessageState state;
  std::int64_t date;
};

std::string write(const std::vector<Written>& messages,
                  MboxWriteDialect dialect = MboxWriteDialect::Mboxrd) {
  std::string mbox;
  MboxWriter writer{dialect, [&mbox](std::string_view bytes) -> Result<void> {
                      mbox += bytes;
                      return {};
                    }};
  for (const Written& each : messages) {
    const Result<void> written =
        writer.write(each.date, each.state, [&each](const ChunkSink& sink) -> Result<void> {
          for (std::size_t at = 0; at < each.text.size(); at += 7) {
            LBX_TRY(sink(std::string_view{each.text}.substr(at, 7)));
          }
          return {};
        });
    EXPECT_TRUE(written);
  }
  return mbox;
}

std::string write_one(const std::string& text, const MessageState& state = {}) {
  return write({{text, state, kDate}});
}

TEST(MboxWriterTest, AnOrdinaryMessageGetsNothingButItsFromLine) {
  EXPECT_EQ(write_one("Return-Path: <a@b>\nS: x\n\nFrom y\n"),
            "From a@b Mon Jan 02 03:04:05 2006\nReturn-Path: <a@b>\nS: x\n\n>From y\n\n");
}

TEST(MboxWriterTest, FlagsAreStatusFieldsThatOtherProgramsRead) {
  EXPECT_EQ(write_one("S: x\n\n", {false, "FS"}),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nStatus: RO\nX-Status: F\nS: x\n\n\n");
}

TEST(MboxWriterTest, ANoteStandsOnlyWhereSomethingWouldBeLost) {
  for (const char* text : {"", "body", "S: x\n\nno end", "\nx\n", "From a\n", "Status: RO\n\n",
                           "Content-Length: 3\n\nabc\n", "X-Letterbox-Mbox: fields=0\n\n",
                           ">From a Mon Jan  2 03:04:05 2006\nA: b\n\n", "X-UID: 1\n\n"}) {
    EXPECT_NE(write_one(text).find("\nX-Letterbox-Mbox: fields="), std::string::npos) << text;
  }
  EXPECT_EQ(write_one("Status: fixed\n\nx\n").find("X-Letterbox"), std::string::npos);
  EXPECT_NE(write_one("A: b\n\n", {false, "P"}).find("flags=P"), std::string::npos);
}

TEST(MboxWriterTest, MboxoQuotesOnceAndHasNoNotes) {
  EXPECT_EQ(write({{"A: b\n\nFrom x\n>From y", {}, kDate}}, MboxWriteDialect::Mboxo),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nA: b\n\n>From x\n>From y\n\n");
}

void expect_round_trip(const std::vector<Written>& messages) {
  const std::string mbox = write(messages);
  const Result<ReadMbox> read = read_mbox(mbox);
  ASSERT_TRUE(read) << read.error().what << "\n" << mbox;
  ASSERT_EQ(read->messages.size(), messages.size()) << mbox;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(read->messages[i].text, messages[i].text) << mbox;
    EXPECT_EQ(read->messages[i].state, messages[i].state) << mbox;
    EXPECT_EQ(read->messages[i].date, messages[i].date) << mbox;
  }
}

TEST(MboxWriterTest, EveryAwkwardMessageComesBack) {
  std::vector<Written> all;
  for (const std::string& text :
       {""s,
        "\n"s,
        "\n\n\n"s,
        "body"s,
        "A: b"s,
        "A: b\n"s,
        "A: b\n\n"s,
        "A: b\n\n\n\n"s,
        "A: b\r\n\r\nx\r\n"s,
        "A: b\r\n\r\nx\r"s,
        "A: b\n\nx\0y\0"s,
        "From a@b\n"s,
        "From a@b Mon Jan  2 03:04:05 2006\nA: b\n\nx\n"s,
        ">From x\n"s,
        "Status: RO\n\n"s,
        "A: b\nStatus: RO\nX-Status: F\nContent-Length: 2\n\nx\n"s,
        "Content-Length: 1\n\nx"s,
        "X-Letterbox-Mbox: fields=2; end=bare\nStatus: O\n\nx\n"s,
        "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 1\n\nx\n"s,
        "A: b\n\n\nFrom c@d Mon Jan  2 03:04:05 2006\nE: f\n\n"s,
        " folded\nA: b\n\n"s,
        "A: b\n\n--x\nContent-Type: message/rfc822\n\n"s,
        "\xef\xbb\xbf\nx"s,
        "\1\1\1\1\n"s}) {
    all.push_back({text, {}, kDate});
    all.push_back({text, {false, "FS"}, kDate});
    all.push_back({text, {false, "PSa"}, 1'000'684'800});  // git's date
    expect_round_trip({all.back()});
  }
  expect_round_trip(all);
}

TEST(MboxWriterTest, DatesBeyondTheFormatAreCutToIt) {
  for (const std::int64_t date : {INT64_MIN, std::int64_t{-1}, INT64_MAX}) {
    const Result<ReadMbox> read = read_mbox(write({{"A: b\n\n", {}, date}}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->messages.size(), 1U);
  }
}

// Any list of messages, written and read, is the same list.
TEST(MboxWriterTest, RandomMailboxesComeBack) {
  std::mt19937 random{42};
  const std::vector<std::string> pieces{"From ",
                                        ">",
                                        "\n",
                                        "\n\n",
                                        "A: b\n",
                                        "Status: RO\n",
                                        "X-Status: AF\n",
                                        "x",
                                        "\r\n",
                                        "\r",
                                        "Content-Length: 3\n",
                                        "From a@b Mon Jan  2 03:04:05 2006\n",
                                        "\0"s,
                                        "X-UID: 7\n",
                                        " ",
                                        ":",
                                        "X-Letterbox-Mbox: fields=1; end=bare\n",
                                        "Return-Path: <a b@c>\n",
                                        "X-Mozilla-Status: 0001\n",
                                        "From 0123 Mon Sep 17 00:00:00 2001\n",
                                        "X-Keywords: \n",
                                        "Date: Mon, 2 Jan 2006\n"};
  const std::vector<MessageState> states{
      {}, {false, ""}, {false, "S"}, {false, "DFRST"}, {false, "Pz"}};
  for (int round = 0; round < 1500; ++round) {
    std::vector<Written> messages;
    for (std::size_t n = random() % 4 + 1; n > 0; --n) {
      std::string text;
      for (std::size_t m = random() % 10; m > 0; --m) text += pieces[random() % pieces.size()];
      messages.push_back({text, states[random() % states.size()],
                          kDate + static_cast<std::int64_t>(random() % 1000)});
    }
    expect_round_trip(messages);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace lbx
