// SPDX-License-Identifier: MIT
#include "pop3d/message_stream.h"

#include <gtest/gtest.h>

#include "core/wire/conversation.h"
#include "support/fake_maildrop.h"

namespace lbx::pop3d {
namespace {

using testing_support::FakeMessage;

std::string cut(std::uint64_t lines, std::initializer_list<std::string_view> chunks,
                Dialect dialect = Dialect::Letterbox) {
  TopCutter cutter{lines, dialect};
  std::string out;
  for (const std::string_view chunk : chunks) {
    if (!cutter.done()) out += cutter.cut(chunk);
  }
  return out;
}

TEST(TopCutterTest, EndsAfterTheBlankLineAndSoManyLines) {
  const std::string_view text = "A: 1\nB: 2\n\nx\n\ny\n";
  EXPECT_EQ(cut(0, {text}), "A: 1\nB: 2\n\n");
  EXPECT_EQ(cut(1, {text}), "A: 1\nB: 2\n\nx\n");
  EXPECT_EQ(cut(2, {text}), "A: 1\nB: 2\n\nx\n\n");
  EXPECT_EQ(cut(3, {text}), text);
  EXPECT_EQ(cut(99, {text}), text);
}

TEST(TopCutterTest, ABlankLineIsNothingOrACarriageReturn) {
  EXPECT_EQ(cut(0, {"A\r\n\r\nx\r\n"}), "A\r\n\r\n");
  EXPECT_EQ(cut(0, {"A\r\r\n\r\r\n\n"}), "A\r\r\n\r\r\n\n");
  EXPECT_EQ(cut(0, {"A\n \n\nx\n"}), "A\n \n\n");
}

// quirks-0028: what qmail-pop3d's users get for a message that is stored with CRLF.
TEST(TopCutterTest, ACarriageReturnIsNotBlankToQmail) {
  EXPECT_EQ(cut(0, {"A\r\n\r\nx\r\n"}, Dialect::Qmail), "A\r\n\r\nx\r\n");
  EXPECT_EQ(cut(0, {"A\n\nx\n"}, Dialect::Qmail), "A\n\n");
}

TEST(TopCutterTest, EverySplitGivesTheSame) {
  for (const std::string_view text :
       {"A: 1\n\nx\ny\n", "A\r\n\r\nx\r\n", "\nx\n", "\r\nx", "A\r\r\n\r\r\n\n", "\r\r\n\nx\n"}) {
    for (std::uint64_t lines = 0; lines < 3; ++lines) {
      for (std::size_t at = 0; at <= text.size(); ++at) {
        EXPECT_EQ(cut(lines, {text.substr(0, at), text.substr(at)}), cut(lines, {text}))
            << "at " << at;
      }
    }
  }
}

std::string all_of(MessageStream stream) {
  std::string out;
  while (stream.produce(out) == MessageStream::State::More) continue;
  return out;
}

std::string sent(const std::string& text) {
  return all_of(MessageStream{std::make_unique<FakeMessage>(text)});
}

std::string top_of(const std::string& text, std::uint64_t lines) {
  return all_of({std::make_unique<FakeMessage>(text), TopCutter{lines, Dialect::Letterbox}});
}

// Borders of any buffer that might stand between the file and the wire.
TEST(MessageStreamTest, BordersOfBuffersDoNotShow) {
  for (const std::size_t border : {4096U, 8192U, 32768U, 65536U}) {
    for (std::size_t size = border - 2; size <= border + 2; ++size) {
      const std::string line(size - 1, 'x');
      EXPECT_EQ(sent(line + "\n.\n"), line + "\r\n..\r\n.\r\n");
      EXPECT_EQ(sent(line + "\r\n.a\r\n"), line + "\r\n..a\r\n.\r\n");
      EXPECT_EQ(sent(line + "\r"), line + "\r\n.\r\n");
      EXPECT_EQ(top_of(line + "\n\nbody\n", 0), line + "\r\n\r\n.\r\n");
    }
  }
}

TEST(MessageStreamTest, APieceStaysWithinTheSlackOfItsWorstCase) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += ".\n";
  MessageStream stream{std::make_unique<FakeMessage>(text)};
  std::string out;
  MessageStream::State state = MessageStream::State::More;
  while (state == MessageStream::State::More) {
    out.clear();
    state = stream.produce(out);
    EXPECT_LE(out.size(), Conversation::kOutputSlack);
  }
}

TEST(MessageStreamTest, AReadErrorIsBroken) {
  MessageStream stream{std::make_unique<FakeMessage>("abc", 2)};
  std::string out;
  EXPECT_EQ(stream.produce(out), MessageStream::State::More);
  EXPECT_EQ(stream.produce(out), MessageStream::State::Broken);
  EXPECT_EQ(out, "ab");
}

}  // namespace
}  // namespace lbx::pop3d
