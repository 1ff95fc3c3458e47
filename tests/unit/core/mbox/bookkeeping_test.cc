// SPDX-License-Identifier: MIT
#include "core/mbox/bookkeeping.h"

#include <gmock/gmock.h>

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

HeaderScan scan(std::string_view text, std::size_t chunk = 1000) {
  HeaderScanner scanner;
  while (!text.empty() && scanner.feed(text.substr(0, chunk))) {
    text.remove_prefix(std::min(chunk, text.size()));
  }
  scanner.finish();
  return scanner.result();
}

MessageState state(std::string_view header) {
  return scan(header).state;
}

TEST(BookkeepingTest, ReadsStatusAndXStatus) {
  EXPECT_EQ(state("Subject: x\n\n"), (MessageState{true, ""}));
  EXPECT_EQ(state("Status: O\n\n"), (MessageState{false, ""}));
  EXPECT_EQ(state("Status: RO\n\n"), (MessageState{false, "S"}));
  EXPECT_EQ(state("STATUS: ro\nx-status:  f \n\n"), (MessageState{false, "FS"}));
  EXPECT_EQ(state("Status: RO\nX-Status: AFDT\n\n"), (MessageState{false, "DFRST"}));
  EXPECT_EQ(state("Status: \nX-Status: \n\n"), (MessageState{true, ""}));
}

TEST(BookkeepingTest, ReadsMozillasBits) {
  EXPECT_EQ(state("X-Mozilla-Status: 0000\n\n"), (MessageState{false, ""}));
  EXPECT_EQ(state("X-Mozilla-Status: 1001\n\n"), (MessageState{false, "PS"}));
  EXPECT_EQ(state("X-Mozilla-Status: 000f\n\n"), (MessageState{false, "FRST"}));
  EXPECT_EQ(state("X-Mozilla-Status: 0000\nX-Mozilla-Status2: 00010000\n\n"),
            (MessageState{true, ""}));
}

TEST(BookkeepingTest, CutsWhatItUsedAndNothingElse) {
  EXPECT_THAT(scan("A: b\nStatus: RO\nX-UID: 7\nC: d\n\nStatus: RO\n").cuts,
              ElementsAre(OctetRange{5, 16}, OctetRange{16, 25}));
  EXPECT_THAT(scan("Status: fixed\nX-Status: !\nX-UID: abc\nX-Mozilla-Status: 1\n\n").cuts,
              IsEmpty());
  EXPECT_THAT(scan("X-Keywords: work\nX-Mozilla-Keys:    \n\n").cuts,
              ElementsAre(OctetRange{17, 37}))
      << "keywords that no mail program has noted are the sender's";
}

TEST(BookkeepingTest, ReadsKeywords) {
  EXPECT_THAT(scan("X-Keywords: work NonJunk,x  WORK  \nStatus: O\n\n").keywords,
              ElementsAre("work", "NonJunk", "x"));
  EXPECT_THAT(scan("X-Mozilla-Keys: $label4   \n\n").keywords, ElementsAre("$label4"));
  EXPECT_THAT(scan("X-Mozilla-Status2: 06800000\n\n").keywords, ElementsAre("$MDNSent", "$label3"));
  EXPECT_THAT(scan("X-Mozilla-Status2: 0e000000\n\n").keywords, IsEmpty());
  EXPECT_EQ(state("X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00200000\n\n"),
            (MessageState{false, "ST"}));
  std::string many = "X-Mozilla-Keys:";
  for (std::size_t i = 0; i < kMaxMessageKeywords + 3; ++i) many += " k" + std::to_string(i);
  EXPECT_EQ(scan(many + "\n\n").keywords.size(), kMaxMessageKeywords);
}

TEST(BookkeepingTest, KeywordsAndPop3IdsCountBesideWhatAMailProgramHasNoted) {
  const HeaderScan noted = scan("X-UIDL: ab!c\nX-Keywords: work\nA: b\nX-UID: 7\n\n");
  EXPECT_EQ(noted.pop3_id, "ab!c");
  EXPECT_THAT(noted.keywords, ElementsAre("work"));
  EXPECT_THAT(noted.cuts, ElementsAre(OctetRange{0, 13}, OctetRange{13, 30}, OctetRange{35, 44}));
  const HeaderScan sent = scan("X-UIDL: ab!c\nX-Keywords: work\nA: b\n\n");
  EXPECT_EQ(sent.pop3_id, "");
  EXPECT_THAT(sent.keywords, IsEmpty());
  EXPECT_THAT(sent.cuts, IsEmpty());
  const HeaderScan odd = scan("X-UIDL: a b\nX-Keywords: (work)\nStatus: O\n\n");
  EXPECT_EQ(odd.cuts.size(), 1U);
  EXPECT_EQ(odd.pop3_id, "");
}

TEST(BookkeepingTest, ReadsTheNumbersOfImap) {
  const HeaderScan found =
      scan("X-IMAPbase: 1136214245 0000000042 $Label1 work  NonJunk\nX-UID: 0017\n\n");
  EXPECT_EQ(found.uid, 17U);
  EXPECT_EQ(found.imap_numbers, (ImapNumbers{1136214245, 42, {"$Label1", "work", "NonJunk"}}));
  EXPECT_EQ(ImapNumbers::parse("7 0"), (ImapNumbers{7, 0, {}}));
  for (const char* text : {"", "7", "0 7", "x 7", "7 x", "7 4294967296"}) {
    EXPECT_FALSE(ImapNumbers::parse(text)) << text;
  }
  EXPECT_FALSE(scan("X-UID: 4294967296\n\n").uid);
}

TEST(BookkeepingTest, GmailsLabelsAreReportedNotCut) {
  const HeaderScan found = scan("A: b\nX-Gmail-Labels: Inbox,\n Unread\n\n");
  EXPECT_EQ(found.gmail_labels, "Inbox, Unread");
  EXPECT_EQ(found.gmail_labels_at, (OctetRange{5, 36}));
  EXPECT_THAT(found.cuts, IsEmpty());
}

TEST(BookkeepingTest, AFieldThatIsTooLongIsTheMessagesOwn) {
  const std::string name(kMaxBookkeepingField, 'k');
  EXPECT_THAT(scan("X-Mozilla-Keys: " + name + "\n\n").cuts, IsEmpty());
  EXPECT_EQ(scan("X-Gmail-Labels: a\n " + name + "\n x\n\n").gmail_labels, "");
}

TEST(BookkeepingTest, ContentLengthIsReportedNotCut) {
  const HeaderScan found = scan("A: b\nContent-Length: 12\n\nbody");
  EXPECT_EQ(found.content_length, 12U);
  EXPECT_EQ(found.content_length_at, (OctetRange{5, 24}));
  EXPECT_EQ(found.end, 25U);
  EXPECT_THAT(found.cuts, IsEmpty());
  EXPECT_FALSE(scan("Content-Length: -5\n\n").content_length);
  EXPECT_FALSE(scan("Content-Length: 18446744073709551617\n\n").content_length);
}

TEST(BookkeepingTest, AHeaderEndsAtTheFirstLineThatIsNone) {
  const HeaderScan found = scan("A: b\nFrom ann: broken\nStatus: RO\n\n");
  EXPECT_EQ(found.end, 5U);
  EXPECT_TRUE(found.state.fresh);
}

TEST(BookkeepingTest, PassesOverTheEnvelopeOfUucp) {
  const HeaderScan found = scan(
      ">From uucp!host Tue Feb 28 23:59:59 2012 remote from relay\n"
      "Date: Mon, 02 Jan 2006 03:04:05 +0000\nStatus: O\n\n");
  EXPECT_EQ(found.envelope, 59U);
  EXPECT_EQ(found.date, 1'136'171'045);
  EXPECT_EQ(found.cuts.size(), 1U);
}

TEST(BookkeepingTest, BehindANoteOnlyWhatItCountsIsBookkeeping) {
  const std::string note = WriterNote{1, 1, "PS"}.str();
  EXPECT_EQ(note, "X-Letterbox-Mbox: fields=1; end=bare; flags=PS\n");
  const HeaderScan found = scan(note + "Status: O\nStatus: RO\nX-UID: 1\n\n");
  ASSERT_TRUE(found.note);
  EXPECT_EQ(found.note->added, 1U);
  EXPECT_EQ(found.state, (MessageState{false, "PS"}));
  EXPECT_EQ(found.envelope, note.size());
  EXPECT_THAT(found.cuts, ElementsAre(OctetRange{note.size(), note.size() + 10}));
}

TEST(BookkeepingTest, ANoteThatDoesNotFitIsPartOfTheMessage) {
  EXPECT_FALSE(scan("X-Letterbox-Mbox: hello\n\n").note);
  EXPECT_FALSE(scan("X-Letterbox-Mbox: fields=7\n\n").note);
  EXPECT_FALSE(scan("A: b\nX-Letterbox-Mbox: fields=0\n\n").note) << "not the first line";
  const HeaderScan moved = scan("X-Letterbox-Mbox: fields=1\nA: b\nStatus: RO\n\n");
  EXPECT_THAT(moved.cuts, IsEmpty()) << "another program has moved the fields";
}

TEST(BookkeepingTest, WritesWhatItReads) {
  for (const char* letters : {"", "S", "F", "R", "T", "D", "DFRST", "RS"}) {
    const MessageState in{false, letters};
    EXPECT_TRUE(status_fields_suffice(in));
    EXPECT_EQ(state(status_fields(in) + "\n"), in) << status_fields(in);
  }
  EXPECT_EQ(status_fields({true, ""}), "");
  EXPECT_FALSE(status_fields_suffice({false, "PS"}));
  EXPECT_FALSE(status_fields_suffice({false, "Sab"}));
}

TEST(BookkeepingTest, IsTheSameForEverySplit) {
  const std::string_view text =
      "X-Letterbox-Mbox: fields=2\nStatus: RO\nX-Status: A\nDate: Mon, 2 Jan 2006\n 03:04:05 "
      "+0000\n"
      "Content-Length:\n 7\nSubject: x\n\nbody\n";
  for (const std::size_t chunk : {1U, 2U, 3U, 7U, 50U}) {
    const HeaderScan found = scan(text, chunk);
    EXPECT_EQ(found.cuts, scan(text).cuts);
    EXPECT_EQ(found.date, 1'136'171'045);
    EXPECT_EQ(found.end, text.size() - 5);
    EXPECT_EQ(found.state, (MessageState{false, "RS"}));
  }
}

TEST(BookkeepingTest, FieldsBeyondTheLimitStay) {
  std::string text;
  for (std::size_t i = 0; i < kMaxCuts + 10; ++i) text += "Status: O\n";
  EXPECT_EQ(scan(text + "\n").cuts.size(), kMaxCuts);
  EXPECT_TRUE(scan("X-Status: " + std::string(3 * kMaxBookkeepingField, 'A') + "\n\n").end > 0);
}

}  // namespace
}  // namespace lbx
