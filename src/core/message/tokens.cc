// SPDX-License-Identifier: MIT
#include "core/message/tokens.h"

#include <utility>

namespace lbx {
namespace {

using Kind = Token::Kind;

constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kSpecials = ".,@<>:;";
constexpr std::string_view kEnclosing = "()[]\"";
constexpr char kBackslash = '\\';

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

bool is_control(char c) {
  return (c >= '\0' && c < ' ') || c == '\x7f';
}

/// What an atom may hold as it is. Octets beyond ASCII belong to it (RFC 6532 section 3.2).
bool is_atom_octet(char c) {
  return !is_control(c) && c != ' ' && c != kBackslash && !is_one_of(c, kSpecials) &&
         !is_one_of(c, kEnclosing);
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_{text} {}

  Result<Tokens> run() {
    if (text_.find('\0') != std::string_view::npos) return Error::never("a NUL in an address");
    while (at_ < text_.size()) LBX_TRY(take_one());
    return std::move(tokens_);
  }

 private:
  Result<void> take_one() {
    const char c = text_[at_];
    if (is_one_of(c, kBlank)) {
      blank_ = true;
      ++at_;
      return {};
    }
    if (is_one_of(c, kSpecials)) {
      ++at_;
      return add(Kind::Special, {&c, 1});
    }
    if (c == '(') return take_comment();
    if (c == '"') return take_enclosed(Kind::Quoted, '"');
    if (c == '[') return take_enclosed(Kind::Literal, ']');
    if (is_one_of(c, kEnclosing)) return Error::never(std::string{"a lone "} + c);
    return take_atom();
  }

  Result<void> add(Kind kind, std::string_view text) {
    tokens_.push_back({kind, std::string{text}, std::exchange(blank_, false)});
    return {};
  }

  /// From after the opening octet up to, and over, `end`.
  Result<void> take_enclosed(Kind kind, char end) {
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == end) return take_up_to(kind, i);
      if (text_[i] == kBackslash) ++i;
    }
    return unended();
  }

  /// Comments nest: RFC 5322 section 3.2.2.
  Result<void> take_comment() {
    std::size_t depth = 0;
    for (std::size_t i = at_; i < text_.size(); ++i) {
      if (text_[i] == kBackslash) {
        ++i;
      } else if (text_[i] == '(') {
        ++depth;
      } else if (text_[i] == ')' && --depth == 0) {
        return take_up_to(Kind::Comment, i);
      }
    }
    return unended();
  }

  Result<void> take_up_to(Kind kind, std::size_t last) {
    const std::string_view inside = text_.substr(at_ + 1, last - at_ - 1);
    at_ = last + 1;
    return add(kind, inside);
  }

  /// A ')' or ']' within an atom is part of it, and so are control characters: the word is then in
  /// quotes when it is printed.
  Result<void> take_atom() {
    bool plain = true;
    std::size_t i = at_;
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      if (is_one_of(c, kBlank) || is_one_of(c, kSpecials) || is_one_of(c, "([\"")) break;
      const bool pair = c == kBackslash;
      if (pair && ++i == text_.size()) return Error::never("a backslash at the end");
      const char octet = text_[i];
      plain = plain && (is_atom_octet(octet) ||
                        (pair && !is_control(octet) && octet != ']' && octet != ')'));
    }
    const std::string_view word = text_.substr(at_, i - at_);
    at_ = i;
    return add(plain ? Kind::Atom : Kind::Quoted, word);
  }

  Error unended() const {
    return Error::never(std::string{"no end of what begins with "} + text_[at_]);
  }

  std::string_view text_;
  std::size_t at_{0};
  bool blank_{false};
  Tokens tokens_;
};

std::string without_bare_line_ends(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kBackslash && i + 1 < text.size()) {
      out += text[i++];
    } else if (text[i] == '\r' || text[i] == '\n') {
      out += kBackslash;
    }
    out += text[i];
  }
  return out;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kBackslash && i + 1 < text.size()) ++i;
    if (text[i] != '\r' && text[i] != '\n')
      out += text[i];  // folding means nothing: RFC 5322 3.2.4
  }
  return out;
}

}  // namespace

Result<Tokens> tokenize(std::string_view text) {
  return Tokenizer{text}.run();
}

std::string printed(const Token& token) {
  switch (token.kind) {
    case Kind::Quoted:
      return '"' + without_bare_line_ends(token.text) + '"';
    case Kind::Literal:
      return '[' + without_bare_line_ends(token.text) + ']';
    case Kind::Comment:
      return '(' + without_bare_line_ends(token.text) + ')';
    case Kind::Atom:
    case Kind::Special:
      break;
  }
  return token.text;
}

std::string meaning(const Token& token) {
  if (token.kind == Kind::Comment) return {};
  if (token.kind == Kind::Literal) return '[' + unescaped(token.text) + ']';
  return unescaped(token.text);
}

std::string meaning(const Tokens& tokens) {
  std::string out;
  for (const Token& token : tokens) out += meaning(token);
  return out;
}

std::string in_quotes(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (is_one_of(c, "\"\\\r\n")) out += kBackslash;
    out += c;
  }
  return out + '"';
}

std::string with_backslashes(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_one_of(c, kEnclosing) || is_one_of(c, "\\\r\n")) out += kBackslash;
    out += c;
  }
  return out;
}

std::string as_comment(std::string_view text) {
  return '(' + with_backslashes(text) + ')';
}

}  // namespace lbx
