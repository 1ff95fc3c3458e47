// SPDX-License-Identifier: MIT
#include "core/wire/smtp_data.h"

#include <gtest/gtest.h>

#include <array>

namespace lbx::wire {
namespace {

struct Received {
  std::string message;
  std::string rest;
  bool done;
  bool bare;
  bool operator==(const Received&) const = default;
};

Received receive(std::string_view bytes, std::size_t cut = 0,
                 DataReceiver::Framing framing = DataReceiver::Framing::Dots) {
  DataReceiver receiver{framing};
  Received out{};
  std::size_t taken = 0;
  while (taken < bytes.size() && !receiver.done()) {
    const std::string_view piece = bytes.substr(taken, cut == 0 ? bytes.size() : cut);
    taken += receiver.feed(piece, out.message);
  }
  out.done = receiver.done();
  if (framing == DataReceiver::Framing::Chunks) receiver.finish(out.message);
  out.rest = bytes.substr(taken);
  out.bare = receiver.has_bare_line_end();
  return out;
}

TEST(DataReceiver, StoresLinesWithLineFeedsAndTakesStuffedDotsAway) {
  EXPECT_EQ(receive("a\r\n..b\r\n.c\r\n\r\n.\r\nRSET\r\n"),
            (Received{"a\n.b\nc\n\n", "RSET\r\n", true, false}));
  EXPECT_EQ(receive(".\r\n"), (Received{"", "", true, false}));
}

TEST(DataReceiver, OnlyCrLfDotCrLfEndsTheData) {
  // RFC 5321 sections 2.3.8 and 4.1.1.4: every sequence of up to six of CR, LF, NUL, with a dot
  // somewhere, that does not hold CR LF . CR LF goes on.
  static constexpr std::array kOctets{'\r', '\n', '\0', '.'};
  for (unsigned code = 0; code < 4096; ++code) {
    std::string bytes = "x";
    for (unsigned i = 0, rest = code; i < 6; ++i, rest /= 4) bytes += kOctets.at(rest % 4);
    const bool ends = bytes.find("\r\n.\r\n") != std::string::npos;
    const Received got = receive(bytes + "y");
    EXPECT_EQ(got.done, ends) << code;
    if (!ends && bytes.find_first_of("\r\n") == std::string::npos) {
      EXPECT_FALSE(got.bare);
    }
  }
}

TEST(DataReceiver, EveryCutGivesTheSame) {
  const std::string bytes = "a\r\n.\n..\r\r\n.\rb\n.\r\n..c\r\n\r\r\n.\r\nMAIL";
  for (const auto framing : {DataReceiver::Framing::Dots, DataReceiver::Framing::Chunks}) {
    const Received whole = receive(bytes, 0, framing);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      EXPECT_EQ(receive(bytes, cut, framing), whole) << cut;
    }
  }
}

TEST(DataReceiver, NotesBareLineEndsAndKeepsThem) {
  EXPECT_EQ(receive("a\nb\r\n.\r\n"), (Received{"a\nb\n", "", true, true}));
  EXPECT_EQ(receive("a\rb\r\n.\r\n"), (Received{"a\rb\n", "", true, true}));
  EXPECT_EQ(receive("a\r\r\n.\r\n"), (Received{"a\r\n", "", true, true}));
  EXPECT_FALSE(receive("a\r\n.\r\n").bare);
}

TEST(DataReceiver, DotsMeanNothingInChunks) {
  EXPECT_EQ(receive("a\r\n.\r\n..b", 0, DataReceiver::Framing::Chunks),
            (Received{"a\n.\n..b", "", false, false}));
  EXPECT_TRUE(receive("a\r", 0, DataReceiver::Framing::Chunks).bare);
}

}  // namespace
}  // namespace lbx::wire
