// SPDX-License-Identifier: MIT
#include "core/mbox/writer.h"

#include <gmock/gmock.h>

#include <random>

#include "unit/core/mbox/memory_file.h"

namespace lbx {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::read_mbox;
using testing_support::ReadMbox;

constexpr std::int64_t kDate = 1'136'171'045;

struct Written {
  std::string text;
  MessageState state;
  std::int64_t date;
};

MessageSource source_of(const std::string& text) {
  return [&text](const ChunkSink& sink) -> Result<void> {
    const std::size_t step = text.size() > 1000 ? 4096 : 7;
    for (std::size_t at = 0; at < text.size(); at += step) {
      LBX_TRY(sink(std::string_view{text}.substr(at, step)));
    }
    return {};
  };
}

std::string write(const std::vector<Written>& messages, MboxDialect dialect = MboxDialect::Mboxrd) {
  std::string mbox;
  MboxWriter writer{dialect, [&mbox](std::string_view bytes) -> Result<void> {
                      mbox += bytes;
                      return {};
                    }};
  for (const Written& each : messages) {
    EXPECT_TRUE(writer.write({each.date, each.state}, source_of(each.text)));
  }
  return mbox;
}

MboxLosses losses(MboxDialect dialect, const Written& message) {
  const Result<MboxLosses> lost =
      losses_in(dialect, {message.date, message.state}, source_of(message.text));
  EXPECT_TRUE(lost);
  return lost ? *lost : MboxLosses{};
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
  EXPECT_EQ(write({{"A: b\n\nFrom x\n>From y", {}, kDate}}, MboxDialect::Mboxo),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nA: b\n\n>From x\n>From y\n\n");
}

TEST(MboxWriterTest, ALengthIsThatOfTheBodyAsItStandsInTheFile) {
  const std::vector<Written> one{{"A: b\n\nFrom x\n", {false, "S"}, kDate}};
  EXPECT_EQ(write(one, MboxDialect::Mboxcl2),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nStatus: RO\nContent-Length: 7\n"
            "A: b\n\nFrom x\n\n");
  EXPECT_EQ(write(one, MboxDialect::Mboxcl),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nStatus: RO\nContent-Length: 8\n"
            "A: b\n\n>From x\n\n");
}

TEST(MboxWriterTest, WhatALengthCannotSayTheNoteSays) {
  EXPECT_EQ(write({{"A: b", {}, kDate}}, MboxDialect::Mboxcl2),
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\n"
            "X-Letterbox-Mbox: fields=1; end=bare2; quoting=none\nContent-Length: 0\nA: b\n\n\n");
}

TEST(MboxWriterTest, KeywordsAndUidsAreFieldsThatImapServersRead) {
  std::string mbox;
  MboxWriter writer{MboxDialect::Mboxrd, [&mbox](std::string_view bytes) -> Result<void> {
                      mbox += bytes;
                      return {};
                    }};
  const std::string text = "A: b\n\n";
  writer.set_imap_base({1234, 9});
  const Result<MboxLosses> first =
      writer.write({kDate, {false, "S"}, {"$Label1", "two words"}, 7}, source_of(text));
  ASSERT_TRUE(first);
  EXPECT_THAT(*first, ElementsAre(MboxLoss::Keywords));
  ASSERT_TRUE(writer.write({kDate, {false, "S"}, {}, 9}, source_of(text)));
  EXPECT_EQ(mbox,
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nX-Letterbox-Mbox: fields=4\nStatus: RO\n"
            "X-Keywords: $Label1\nX-UID: 7\nX-IMAPbase: 1234 9\nA: b\n\n\n"
            "From MAILER-DAEMON Mon Jan 02 03:04:05 2006\nStatus: RO\nX-UID: 9\nA: b\n\n\n");
}

void expect_read_back(const std::string& mbox, const std::vector<Written>& messages,
                      std::optional<MboxDialect> dialect) {
  MboxReadOptions options;
  options.dialect = dialect;
  const Result<ReadMbox> read = read_mbox(mbox, options);
  ASSERT_TRUE(read) << read.error().what << "\n" << mbox;
  ASSERT_EQ(read->messages.size(), messages.size()) << mbox;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(read->messages[i].text, messages[i].text) << mbox;
    EXPECT_EQ(read->messages[i].state, messages[i].state) << mbox;
    EXPECT_EQ(read->messages[i].date, messages[i].date) << mbox;
  }
}

/// In every dialect, as far as it can say so itself.
void expect_round_trip(const std::vector<Written>& messages) {
  for (const MboxDialect dialect :
       {MboxDialect::Mboxrd, MboxDialect::Mboxcl, MboxDialect::Mboxcl2, MboxDialect::Mboxo}) {
    SCOPED_TRACE(to_string(dialect));
    std::vector<Written> able;
    for (const Written& each : messages) {
      if (losses(dialect, each).empty()) able.push_back(each);
    }
    if (dialect != MboxDialect::Mboxo) {
      ASSERT_EQ(able.size(), messages.size());
      expect_read_back(write(able, dialect), able, std::nullopt);
    }
    expect_read_back(write(able, dialect), able, dialect);
  }
}

TEST(MboxWriterTest, WhatADialectCannotCarryIsTold) {
  const Written plain{"A: b\n\nFrom x\n>>From y\n", {false, "FS"}, kDate};
  for (const auto dialect :
       {MboxDialect::Mboxo, MboxDialect::Mboxrd, MboxDialect::Mboxcl, MboxDialect::Mboxcl2}) {
    EXPECT_THAT(losses(dialect, plain), IsEmpty());
    EXPECT_THAT(losses(dialect, {plain.text, {}, INT64_MAX}), ElementsAre(MboxLoss::Time));
  }
  const auto mboxo = [](const std::string& text, const MessageState& state, std::int64_t date) {
    return losses(MboxDialect::Mboxo, {text, state, date});
  };
  EXPECT_THAT(mboxo("A: b\n\n>From x\n", {}, kDate), ElementsAre(MboxLoss::FromLine));
  EXPECT_THAT(mboxo("A: b\n\nx", {}, kDate), ElementsAre(MboxLoss::End));
  EXPECT_THAT(mboxo("Status: RO\n\nx\n", {}, kDate), ElementsAre(MboxLoss::Header));
  EXPECT_THAT(mboxo("text\n", {}, kDate), ElementsAre(MboxLoss::Header));
  EXPECT_THAT(mboxo("A: b\n\n", {false, "P"}, kDate), ElementsAre(MboxLoss::Flags));
  EXPECT_THAT(mboxo("A: b\n\n", {}, 1'000'684'800), ElementsAre(MboxLoss::Time));
  EXPECT_THAT(mboxo("A: b\n\n\0From x\n"s, {}, kDate), ElementsAre(MboxLoss::Nul));
  EXPECT_THAT(mboxo(">From x\n\n>From y", {false, "P"}, kDate),
              ElementsAre(MboxLoss::FromLine, MboxLoss::End, MboxLoss::Header, MboxLoss::Flags));
}

// What mboxo is said to lose, it does lose.
TEST(MboxWriterTest, ALossIsOne) {
  for (const Written& each :
       {Written{"A: b\n\n>From x\n", {}, kDate}, Written{"A: b\n\nx", {}, kDate},
        Written{"Status: RO\n\nx\n", {}, kDate}, Written{"text\n", {}, kDate},
        Written{"A: b\n\n", {false, "P"}, kDate}, Written{"A: b\n\n", {}, 1'000'684'800},
        Written{"A: b\n\nx\n\0From a@b Mon Jan  2 03:04:05 2006\nA: b\n"s, {}, kDate}}) {
    const std::string text = each.text;
    const Result<bool> can =
        can_represent(MboxDialect::Mboxo, {each.date, each.state}, source_of(text));
    ASSERT_TRUE(can);
    EXPECT_FALSE(*can);
    const Written before{"A: b\n\n", {}, kDate};
    MboxReadOptions options;
    options.dialect = MboxDialect::Mboxo;
    const Result<ReadMbox> read = read_mbox(write({before, each}, MboxDialect::Mboxo), options);
    ASSERT_TRUE(read);
    const bool same = read->messages.size() == 2 && read->messages[1].text == each.text &&
                      read->messages[1].state == each.state && read->messages[1].date == each.date;
    EXPECT_FALSE(same) << each.text;
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

// Any list of messages, written in any dialect that can represent it and read, is the same list.
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
                                        "Date: Mon, 2 Jan 2006\n",
                                        "A: b\n\n",
                                        ">From x\n",
                                        "\xff\xc3\x28",
                                        "\nFrom x\n"};
  const std::vector<MessageState> states{
      {}, {false, ""}, {false, "S"}, {false, "DFRST"}, {false, "Pz"}};
  for (int round = 0; round < 250; ++round) {
    std::vector<Written> messages;
    for (std::size_t n = random() % 4 + 1; n > 0; --n) {
      std::string text;
      for (std::size_t m = random() % 10; m > 0; --m) text += pieces[random() % pieces.size()];
      if (random() % 100 == 0)
        text += std::string(100'000, '>') + "From " + std::string(70'000, 'x');
      messages.push_back({text, states[random() % states.size()],
                          kDate + static_cast<std::int64_t>(random() % 1000)});
    }
    expect_round_trip(messages);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace lbx
