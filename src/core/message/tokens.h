// SPDX-License-Identifier: MIT
// The lexical tokens of structured header fields: RFC 822 section 3.1.4, RFC 5322 section 3.2. A
// token keeps its text as it was written, so that what is printed is what was read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx {

struct Token {
  enum class Kind {
    Atom,     // may hold a backslash with what it protects, and octets beyond ASCII
    Quoted,   // "text", without its quotes
    Literal,  // [text], without its brackets
    Comment,  // (text), without its parentheses
    Special,  // one of . , @ < > : ;
  };
  Kind kind;
  std::string text;
  bool blank_before{false};

  bool is(char special) const { return kind == Kind::Special && text.front() == special; }
  bool is_word() const { return kind == Kind::Atom || kind == Kind::Quoted; }
  bool operator==(const Token&) const = default;
};

using Tokens = std::vector<Token>;

/// The tokens of the text of a field, folded or not. A comment, a quoted string or a literal that
/// does not end, one that ends and never began, and a NUL are errors, Retry::Never.
Result<Tokens> tokenize(std::string_view text);

/// As it stands in a field. Line ends that are no folding any more are protected by a backslash.
std::string printed(const Token& token);

/// What it means: without quotes, backslashes and line ends. That of a literal has its brackets.
std::string meaning(const Token& token);
/// That of all of them together; comments mean nothing.
std::string meaning(const Tokens& tokens);

/// `text` as a quoted string.
std::string in_quotes(std::string_view text);
/// `text` as a comment with its parentheses.
std::string as_comment(std::string_view text);
/// `text` with a backslash before each octet that would begin or end a token that has an end.
std::string with_backslashes(std::string_view text);

}  // namespace lbx
