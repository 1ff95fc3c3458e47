// SPDX-License-Identifier: MIT
#include "core/message/address_list.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lbx {
namespace {

using Kind = Token::Kind;
using Piece = std::variant<Token, Mailbox>;

Token special(char c) {
  return {Kind::Special, std::string(1, c), false};
}

/// An address list is easy to read from right to left: what belongs to an address is known before
/// the phrase in front of it comes. Pieces are collected in that order.
class ListParser {
 public:
  explicit ListParser(Tokens tokens) : rest_{std::move(tokens)} {}

  AddressList run() {
    while (!rest_.empty()) take_one();
    finish_address();
    std::ranges::reverse(list_.pieces);
    return std::move(list_);
  }

 private:
  void take_one() {
    const Token& token = rest_.back();
    if (token.kind == Kind::Comment) return emit(pop());
    if (token.is(',')) return take_comma();
    if (token.is(';')) return take_group_end();
    if (token.is(':')) return take_group_begin();
    if (token.is('>')) return take_bracketed();
    if (token.is('<')) return take_lone_bracket();
    if (token.is('.') || token.is('@')) {
      joined_ = true;
    } else if (!std::exchange(joined_, false)) {
      next_mailbox();  // two words with nothing between: two addresses
    }
    address_.push_back(pop());
  }

  Token pop() {
    Token token = std::move(rest_.back());
    rest_.pop_back();
    return token;
  }

  void emit(Piece piece) { list_.pieces.push_back(std::move(piece)); }

  void finish_address() {
    if (address_.empty()) return;
    emit_mailbox(std::exchange(address_, {}));
  }

  /// Blanks mean nothing in an address, and are not kept.
  void emit_mailbox(Tokens from_the_right) {
    std::ranges::reverse(from_the_right);
    for (Token& each : from_the_right) each.blank_before = false;
    emit(Mailbox{std::move(from_the_right)});
    comma_needed_ = true;
  }

  /// What comes next stands left of something, and a comma belongs between the two.
  void next_mailbox() {
    finish_address();
    if (std::exchange(comma_needed_, false)) emit(special(','));
  }

  void take_comma() {
    finish_address();
    emit(pop());
    comma_needed_ = false;
    joined_ = true;
  }

  void take_group_end() {
    next_mailbox();
    list_.whole = list_.whole && !in_group_;
    in_group_ = true;
    emit(pop());
    joined_ = true;
  }

  void take_group_begin() {
    finish_address();
    list_.whole = list_.whole && in_group_;
    in_group_ = false;
    while (!rest_.empty() && !rest_.back().is(',') && !rest_.back().is(';')) emit(pop());
    comma_needed_ = true;
    joined_ = true;
  }

  /// Nothing that ends at this '<'.
  void take_lone_bracket() {
    finish_address();
    list_.whole = false;
    emit(pop());
    joined_ = true;
  }

  void take_bracketed() {
    next_mailbox();
    const Token right = pop();
    Tokens inside = take_inside();
    for (Token& token : inside) {
      if (token.kind == Kind::Comment) emit(std::move(token));
    }
    std::erase_if(inside, [](const Token& token) { return token.kind == Kind::Comment; });
    emit(right);
    const auto route = std::ranges::find_if(inside, [](const Token& t) { return t.is(':'); });
    inside.erase(route, inside.end());  // a source route: RFC 5321 appendix C says to ignore it
    emit_mailbox(std::move(inside));
    if (rest_.empty() || !rest_.back().is('<')) {
      list_.whole = false;
    } else {
      emit(pop());
      take_phrase();
    }
    joined_ = false;
  }

  /// From right to left, up to the '<'. Without one, a comma ends it too.
  Tokens take_inside() {
    const auto opens = std::find_if(rest_.rbegin(), rest_.rend(), [](const Token& token) {
      return token.is('<') || token.is('>');
    });
    const bool opened = opens != rest_.rend() && opens->is('<');
    Tokens inside;
    while (!rest_.empty() && !rest_.back().is('<') && !rest_.back().is('>')) {
      if (!opened && (rest_.back().is(',') || rest_.back().is(';'))) break;
      inside.push_back(pop());
    }
    return inside;
  }

  void take_phrase() {
    while (!rest_.empty() && (rest_.back().is_word() || rest_.back().kind == Kind::Comment ||
                              rest_.back().is('.') || rest_.back().is('@'))) {
      emit(pop());
    }
  }

  Tokens rest_;
  Tokens address_;            // the bare address that is being read, from right to left
  bool joined_{true};         // a word may come next and belongs to address_
  bool comma_needed_{false};  // there is an address right of here that no separator follows
  bool in_group_{false};
  AddressList list_;
};

std::size_t host_begin(const Tokens& address) {
  const auto at =
      std::find_if(address.rbegin(), address.rend(), [](const Token& t) { return t.is('@'); });
  return static_cast<std::size_t>(std::distance(at, address.rend()));  // 0: there is no '@'
}

void append(Tokens& address, char before, const Tokens& name) {
  address.push_back(special(before));
  address.insert(address.end(), name.begin(), name.end());
}

/// Whether the last octet of an atom has a backslash before it that is not itself protected.
bool is_protected(std::string_view atom) {
  atom.remove_suffix(1);
  const std::size_t others = atom.find_last_not_of('\\') + 1;  // 0 where there are none
  return (atom.size() - others) % 2 == 1;
}

/// "host+" is a host below the plus domain.
bool take_plus(Tokens& address) {
  Token& last = address.back();
  if (last.kind != Kind::Atom || !last.text.ends_with('+') || is_protected(last.text)) {
    return false;
  }
  last.text.pop_back();
  if (last.text.empty()) address.pop_back();
  return true;
}

bool is_whole_host(const Tokens& address) {
  const auto host = address.begin() + static_cast<std::ptrdiff_t>(host_begin(address));
  if (host != address.end() && address.back().kind == Kind::Literal) return true;
  return std::any_of(host, address.end(), [](const Token& t) { return t.is('.'); });
}

bool needs_blank(const Token& left, const Token& right) {
  if (left.is(':') || left.is(',') || right.is('<')) return true;
  const auto word = [](const Token& t) { return t.kind != Kind::Special; };
  // "Joe Q. Public" is a phrase of old (RFC 5322 section 4.1), "a.b" may be an address.
  if (left.is('.')) return word(right) && right.blank_before;
  return word(left) && word(right);
}

/// A field line by line: chunks that end after a comma.
class FieldPrinter {
 public:
  explicit FieldPrinter(std::string_view name) : line_{name} { line_ += ':'; }

  void add(const Token& token) {
    if (needs_blank(before_, token)) chunk_ += ' ';
    chunk_ += printed(token);
    before_ = token;
    if (token.is(',')) flush();
  }

  std::string finish() && {
    flush();
    return out_ + line_ + '\n';
  }

 private:
  void flush() {
    if (!first_ && line_.size() + chunk_.size() > kFoldAt && chunk_.starts_with(' ')) {
      (out_ += line_) += '\n';
      line_ = ' ';
    }
    line_ += std::exchange(chunk_, {});
    first_ = false;
  }

  std::string out_;
  std::string line_;
  std::string chunk_;
  Token before_{special(':')};
  bool first_{true};
};

}  // namespace

Result<AddressList> parse_address_list(std::string_view text) {
  Tokens tokens = LBX_TRY(tokenize(text));
  return ListParser{std::move(tokens)}.run();
}

Tokens host_tokens(const std::string& name) {
  Result<Tokens> tokens = tokenize(name);
  if (!tokens) return {{Kind::Atom, with_backslashes(name), false}};
  return std::move(tokens).value();
}

void qualify(Tokens& address, const HostNames& names) {
  if (address.empty()) return;
  while (host_begin(address) > 0 && (address.back().is('.') || address.back().is('@'))) {
    address.pop_back();
  }
  if (host_begin(address) == 0) append(address, '@', names.default_host);
  if (take_plus(address)) {
    append(address, '.', names.plus_domain);
  } else if (!is_whole_host(address)) {
    append(address, '.', names.default_domain);
  }
}

void qualify(AddressList& list, const HostNames& names) {
  for (Piece& piece : list.pieces) {
    if (Mailbox* const mailbox = std::get_if<Mailbox>(&piece)) qualify(mailbox->tokens, names);
  }
}

std::vector<std::string> addresses_of(const AddressList& list) {
  std::vector<std::string> out;
  for (const Piece& piece : list.pieces) {
    if (const Mailbox* const mailbox = std::get_if<Mailbox>(&piece)) {
      out.push_back(meaning(mailbox->tokens));
    }
  }
  return out;
}

std::string print_field(std::string_view name, const AddressList& list) {
  FieldPrinter printer{name};
  for (const Piece& piece : list.pieces) {
    if (const Token* const token = std::get_if<Token>(&piece)) {
      printer.add(*token);
    } else {
      for (const Token& each : std::get<Mailbox>(piece).tokens) printer.add(each);
    }
  }
  return std::move(printer).finish();
}

}  // namespace lbx
