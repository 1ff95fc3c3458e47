// SPDX-License-Identifier: MIT
#include "core/mbox/reader.h"

#include <gmock/gmock.h>

#include "support/test_system.h"
#include "unit/core/mbox/memory_file.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::MemoryFile;
using testing_support::read_mbox;
using testing_support::ReadMbox;
using testing_support::texts;

using namespace std::string_literals;

const std::string kFrom = "From ann@example.org Mon Jan  2 03:04:05 2006\n";
const std::string kFromCrlf = "From ann@example.org Mon Jan  2 03:04:05 2006\r\n";

ReadMbox must_read(std::string_view text, const MboxReadOptions& options = {}) {
  Result<ReadMbox> mbox = read_mbox(text, options);
  EXPECT_TRUE(mbox) << mbox.error().what;
  return mbox ? std::move(*mbox) : ReadMbox{};
}

std::string refusal(std::string_view text) {
  const Result<ReadMbox> mbox = read_mbox(text);
  if (mbox) return "";
  EXPECT_EQ(mbox.error().retry, Retry::Never);
  return mbox.error().what;
}

TEST(MboxReaderTest, GivesMessagesWithoutWhatBelongsToTheFormat) {
  const ReadMbox mbox = must_read(kFrom + "A: 1\n\nx\n\n\n" + kFrom + "A: 2\n\n>From y\n>>From z");
  EXPECT_THAT(texts(mbox), ElementsAre("A: 1\n\nx\n\n", "A: 2\n\nFrom y\n>From z"));
  EXPECT_EQ(mbox.messages[0].sender, "ann@example.org");
  EXPECT_EQ(mbox.messages[0].date, 1'136'171'045);
  EXPECT_TRUE(mbox.certain) << ">>From shows that it is mboxrd";
}

TEST(MboxReaderTest, DialectsDifferInWhatTheyUnquote) {
  const std::string text = kFrom + "A: 1\n\n>From y\n>>From z\n\n";
  EXPECT_THAT(texts(must_read(text, {.dialect = MboxDialect::Mboxo, .borders = {}})),
              ElementsAre("A: 1\n\nFrom y\n>>From z\n"));
  EXPECT_THAT(texts(must_read(text, {.dialect = MboxDialect::Mboxcl2, .borders = {}})),
              ElementsAre("A: 1\n\n>From y\n>>From z\n"));
}

TEST(MboxReaderTest, LengthsCountOnlyIfAllOfThemLeadToABorder) {
  const std::string body = "From x@y Mon Jan  2 03:04:05 2006\nA: inner\n";
  const std::string head = kFrom + "Content-Length: " + std::to_string(body.size()) + "\nA: 1\n\n";
  const ReadMbox all = must_read(head + body + "\n" + head + body);
  EXPECT_EQ(all.dialect, MboxDialect::Mboxcl2);
  EXPECT_THAT(texts(all), ElementsAre("A: 1\n\n" + body, "A: 1\n\n" + body));

  const ReadMbox one = must_read(head + body + "\n" + kFrom + "A: 2\n\nx\n\n");
  EXPECT_EQ(one.dialect, MboxDialect::Mboxrd);
  EXPECT_THAT(one.messages, SizeIs(3)) << "a sender could have written the length";
  EXPECT_EQ(one.warnings.count(MboxDoubt::LengthIgnored), 1U);
  EXPECT_THAT(one.messages[0].text, HasSubstr("Content-Length")) << "what was not used stays";
}

TEST(MboxReaderTest, LengthsWithQuotingAreMboxcl) {
  const std::string body = ">From x\n";
  const ReadMbox mbox = must_read(kFrom + "Content-Length: 8\n\n" + body + "\n");
  EXPECT_EQ(mbox.dialect, MboxDialect::Mboxcl);
  EXPECT_THAT(texts(mbox), ElementsAre("\nFrom x\n"));
}

TEST(MboxReaderTest, WithoutADateInTheFromLineTheNewestReceivedFieldSaysWhen) {
  const std::string received =
      "Received: from a by b;\n\tMon, 2 Jan 2006 03:04:05 +0000\n"
      "Received: from c by a; Mon, 2 Jan 2006 01:00:00 +0000\n";
  const std::string date = "Date: Sun, 1 Jan 2006 00:00:00 +0000\n";
  EXPECT_EQ(must_read("From - \n" + received + date + "\n").messages[0].date, 1'136'171'045);
  EXPECT_EQ(must_read("From - \n" + date + "\n").messages[0].date, 1'136'073'600);
  EXPECT_EQ(must_read("From - \nReceived: by b; never\n" + date + "\n").messages[0].date,
            1'136'073'600);
  EXPECT_EQ(must_read(kFrom + date + "\n").messages[0].date, 1'136'171'045);
}

TEST(MboxReaderTest, CrlfContainersGiveLfUnlessTheMessageIsMixed) {
  const ReadMbox mbox = must_read(kFromCrlf + "A: 1\r\n\r\nx\ry\r\n\r\n" + kFromCrlf +
                                  "A: 2\r\n\nmixed\r\n\r\n" + kFrom + "A: 3\r\n\r\nz\r\n\n");
  EXPECT_THAT(texts(mbox),
              ElementsAre("A: 1\n\nx\ry\n", "A: 2\r\n\nmixed\r\n", "A: 3\r\n\r\nz\r\n"));
}

TEST(MboxReaderTest, KeepStatusKeepsItAndUsesItAllTheSame) {
  const std::string text = kFrom + "Status: RO\nA: 1\n\nx\n\n";
  EXPECT_THAT(texts(must_read(text)), ElementsAre("A: 1\n\nx\n"));
  const ReadMbox kept = must_read(text, {.dialect = {}, .keep_status = true, .borders = {}});
  EXPECT_THAT(texts(kept), ElementsAre("Status: RO\nA: 1\n\nx\n"));
  EXPECT_EQ(kept.messages[0].state, (MessageState{false, "S"}));
}

TEST(MboxReaderTest, LeavesOutThePseudoMessageButNoRealOne) {
  const std::string subject = "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n";
  const std::string daemon = "From MAILER-DAEMON Mon Jan  2 03:04:05 2006\n";
  const ReadMbox mbox = must_read(daemon + subject + "X-IMAP: 1 2\n\nx\n\n" + kFrom + "A: 1\n\n\n");
  EXPECT_THAT(mbox.messages, SizeIs(1));
  EXPECT_EQ(mbox.pseudo_messages, 1U);
  EXPECT_THAT(must_read(daemon + subject + "\nx\n\n").messages, SizeIs(1)) << "no X-IMAP";
  EXPECT_THAT(must_read(kFrom + "A: 1\n\n\n" + daemon + subject + "X-IMAP: 1 2\n\nx\n").messages,
              SizeIs(2))
      << "not the first";
}

TEST(MboxReaderTest, RefusesOtherFormatsByName) {
  EXPECT_THAT(refusal("*mbx*\r\n"), HasSubstr("UW mbx"));
  EXPECT_THAT(refusal("BABYL OPTIONS:\n"), HasSubstr("Babyl"));
  EXPECT_THAT(refusal("Subject: x\n\nbody\n\n" + kFrom + "A: b\n\n"), HasSubstr("single message"));
  EXPECT_THAT(refusal("hello\nworld\n"), HasSubstr("not an mbox"));
  EXPECT_THAT(refusal("From a@b Mon Jan  2 03:04:05 2006\rA: b\r"), HasSubstr("old Macs"));
  EXPECT_THAT(refusal("From " + std::string(1 << 20, 'x')), HasSubstr("no end"));
}

TEST(MboxReaderTest, AnEmptyFileIsAnMboxWithoutMessages) {
  EXPECT_THAT(must_read("").messages, IsEmpty());
  EXPECT_THAT(must_read("\n\r\n\n").messages, IsEmpty());
  EXPECT_THAT(must_read(std::string(FileWindow::kSize + 5, '\n')).messages, IsEmpty());
}

TEST(MboxReaderTest, SaysWhatItPassedOver) {
  EXPECT_EQ(must_read("garbage\n\n" + kFrom + "A: 1\n\n").warnings.count(MboxDoubt::LeadingText),
            1U);
  const ReadMbox twice = must_read(kFrom + kFrom + "A: 1\n\nx\n\n");
  EXPECT_EQ(twice.warnings.count(MboxDoubt::EmptyEnvelope), 1U);
  EXPECT_THAT(twice.messages, SizeIs(1));
  EXPECT_EQ(must_read(kFrom + "A: 1\n\nx\n\0\0"s).warnings.count(MboxDoubt::TrailingNuls), 1U);
}

// A separator anywhere around the end of the window is found, and found once.
TEST(MboxReaderTest, BordersAtEveryPlaceOfTheWindow) {
  for (std::size_t shift = 0; shift < 80; ++shift) {
    const std::size_t fill = FileWindow::kSize - kFrom.size() - 10 - shift;
    const std::string first = "A: 1\n\n" + std::string(fill, 'x') + "\n";
    const ReadMbox mbox = must_read(kFrom + first + "\n" + kFrom + "A: 2\n\ny\n\n");
    ASSERT_THAT(texts(mbox), ElementsAre(first, "A: 2\n\ny\n")) << shift;
  }
}

TEST(MboxReaderTest, DatesComeFromTheHeaderWhereTheFromLineHasNone) {
  const std::string header = "Date: Mon, 02 Jan 2006 03:04:05 +0000\n\nx\n\n";
  EXPECT_EQ(must_read("From \n" + header).messages[0].date, 1'136'171'045);
  EXPECT_EQ(must_read("From 0123 Mon Sep 17 00:00:00 2001\n" + header).messages[0].date,
            1'136'171'045);
  EXPECT_FALSE(must_read("From - \nA: b\n\nx\n").messages[0].date);
}

TEST(MboxReaderTest, AReadErrorIsReportedWhereverItHappens) {
  const std::string text = kFrom + "A: 1\n\n" + std::string(3 * FileWindow::kSize, 'x') + "\n\n" +
                           kFrom + "A: 2\n\nx\n\n";
  MemoryFile file{text};
  bool whole = false;
  for (std::size_t n = 1; n < 40 && !whole; ++n) {
    testing_support::FaultyFileOps faulty;
    faulty.fail_call(n, EIO);
    const Result<void> outcome = [&]() -> Result<void> {
      MboxReader reader = LBX_TRY(MboxReader::open(faulty, file.fd(), file.size(), {}));
      for (std::size_t count = 0;; ++count) {
        const std::optional<MboxMessage> message = LBX_TRY(reader.next());
        if (!message) {
          EXPECT_EQ(count, 2U);
          return {};
        }
        LBX_TRY(reader.read(*message, [](std::string_view) { return Result<void>{}; }));
      }
    }();
    whole = faulty.journal().size() < n;
    EXPECT_EQ(outcome.has_value(), whole) << n;
  }
  EXPECT_TRUE(whole);
}

TEST(MboxReaderTest, CountsLinesFromOne) {
  MemoryFile file{"a\nb\nc\n"};
  EXPECT_THAT(*MboxReader::line_numbers(file.files, file.fd(), {0, 4}), ElementsAre(1U, 3U));
}

}  // namespace
}  // namespace lbx
