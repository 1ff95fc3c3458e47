// SPDX-License-Identifier: MIT
#include "core/message/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lbx {
namespace {

using Kind = Token::Kind;

Tokens tokens_of(std::string_view text) {
  Result<Tokens> tokens = tokenize(text);
  EXPECT_TRUE(tokens) << text << ": " << tokens.error().what;
  return tokens ? std::move(tokens).value() : Tokens{};
}

TEST(TokensTest, TellWhatStandsInAnAddressField) {
  EXPECT_THAT(
      tokens_of("Joe (x) <\"a b\"@[1.2]>"),
      testing::ElementsAre(Token{Kind::Atom, "Joe", false}, Token{Kind::Comment, "x", true},
                           Token{Kind::Special, "<", true}, Token{Kind::Quoted, "a b", false},
                           Token{Kind::Special, "@", false}, Token{Kind::Literal, "1.2", false},
                           Token{Kind::Special, ">", false}));
}

TEST(TokensTest, ArePrintedAsTheyWereWritten) {
  for (const char* text : {"a\\@b", "\"a\\\"b\\\\\"", "(one (nested \\) comment))", "[a\\]b]",
                           "\"\"", "caf\xc3\xa9", "=?utf-8?q?x?="}) {
    const Tokens tokens = tokens_of(text);
    ASSERT_EQ(tokens.size(), 1U) << text;
    EXPECT_EQ(printed(tokens.front()), text);
  }
}

TEST(TokensTest, WordsThatCannotStandAloneArePutInQuotes) {
  for (const auto& [text, want] :
       {std::pair{"a]b", "\"a]b\""}, std::pair{"b)", "\"b)\""}, std::pair{"\x01", "\"\x01\""}}) {
    const Tokens tokens = tokens_of(text);
    ASSERT_EQ(tokens.size(), 1U) << text;
    EXPECT_EQ(printed(tokens.front()), want);
  }
}

TEST(TokensTest, MeanTheirTextWithoutQuotingAndFolding) {
  EXPECT_EQ(meaning(tokens_of("\"a\\\"b\\\\\" (c) @ [1\\]2]")), "a\"b\\@[1]2]");
  EXPECT_EQ(meaning(tokens_of("\"a\r\n b\"")), "a b");
  EXPECT_EQ(meaning(tokens_of("\"a\\\n b\"")), "a b");
}

TEST(TokensTest, LineEndsInsideAreProtectedOnce) {
  const std::string once = printed(tokens_of("\"a\n b\"").front());
  EXPECT_EQ(once, "\"a\\\n b\"");
  EXPECT_EQ(printed(tokens_of(once).front()), once);
}

TEST(TokensTest, WhatDoesNotEndOrNeverBeganIsRefused) {
  for (const std::string_view text :
       {"(a", "(a (b)", "\"a", "\"a\\\"", "[a", ")", "]", "a\\", "\\"}) {
    EXPECT_FALSE(tokenize(text)) << text;
  }
  EXPECT_FALSE(tokenize(std::string_view{"a\0b", 3}));
}

TEST(TokensTest, AnyTextCanBeAQuotedStringOrAComment) {
  for (const std::string_view text : {"", "a b", "\"", "\\", "((", "a\nb", ")]["}) {
    const Tokens quoted = tokens_of(in_quotes(text));
    ASSERT_EQ(quoted.size(), 1U) << text;
    EXPECT_EQ(quoted.front().kind, Kind::Quoted);
    const Tokens comment = tokens_of(as_comment(text));
    ASSERT_EQ(comment.size(), 1U) << text;
    EXPECT_EQ(comment.front().kind, Kind::Comment);
  }
}

TEST(TokensTest, CommentsMayNestAsDeeplyAsTheirFieldIsLong) {
  constexpr std::size_t kDepth = 1'000'000;
  const std::string deep = std::string(kDepth, '(') + std::string(kDepth, ')');
  EXPECT_EQ(tokens_of(deep).size(), 1U);
}

}  // namespace
}  // namespace lbx
