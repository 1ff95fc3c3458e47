// SPDX-License-Identifier: MIT
#include "deliver/order.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "core/base/ascii.h"

namespace lbx::deliver {
namespace {

/// Each field ends with a NUL.
void add_field(std::string& to, std::string_view field) {
  to += field;
  to += '\0';
}

/// Exactly `count` fields, or nothing.
std::optional<std::vector<std::string_view>> fields_of(std::string_view bytes, std::size_t count) {
  if (!bytes.ends_with('\0')) return std::nullopt;
  bytes.remove_suffix(1);
  std::vector<std::string_view> fields = ascii::split(bytes, '\0');
  if (fields.size() != count) return std::nullopt;
  return fields;
}

struct VerdictLetter {
  Verdict verdict;
  std::string_view letter;
};
/// qmail's letters (CONTRACT 1.2).
constexpr std::array kLetters{VerdictLetter{Verdict::Done, "K"}, VerdictLetter{Verdict::Later, "Z"},
                              VerdictLetter{Verdict::Never, "D"}};

}  // namespace

Answer answer_of(const Report& report) {
  if (report.done()) return {Verdict::Done, "2.0.0 delivered"};
  return {report.verdict, status_line(report)};
}

Answer answer_later(std::string text) {
  return {Verdict::Later, std::move(text)};
}

std::string encode(std::uint64_t number, const Order& order) {
  std::string out;
  add_field(out, std::string(1, static_cast<char>(order.kind)));
  add_field(out, std::to_string(number));
  add_field(out, std::to_string(order.size));
  for (const std::string* each : {&order.local, &order.domain, &order.sender, &order.attempt}) {
    add_field(out, *each);
  }
  return out;
}

std::string encode(std::uint64_t number, const Answer& answer) {
  std::string out;
  const auto* const row = std::ranges::find(kLetters, answer.verdict, &VerdictLetter::verdict);
  add_field(out, row == kLetters.end() ? "K" : row->letter);
  add_field(out, std::to_string(number));
  add_field(out, std::string_view{answer.text}.substr(0, kMaxAnswerText));
  return out;
}

Result<NumberedOrder> decode_order(std::string_view bytes) {
  static constexpr std::size_t kFields = 7;
  const auto fields = fields_of(bytes, kFields);
  if (!fields) return Error::later("an order of another form");
  const std::string_view kind = fields->at(0);
  const auto number = ascii::parse_number(fields->at(1));
  const auto size = ascii::parse_number(fields->at(2));
  if ((kind != "V" && kind != "D") || !number || !size) return Error::later("an unknown order");
  return NumberedOrder{*number,
                       Order{kind == "V" ? Order::Kind::Verdict : Order::Kind::Deliver,
                             std::string{fields->at(3)}, std::string{fields->at(4)},
                             std::string{fields->at(5)}, *size, std::string{fields->at(6)}}};
}

Result<NumberedAnswer> decode_answer(std::string_view bytes) {
  static constexpr std::size_t kFields = 3;
  const auto fields = fields_of(bytes, kFields);
  if (!fields) return Error::later("an answer of another form");
  const auto* const row = std::ranges::find(kLetters, fields->at(0), &VerdictLetter::letter);
  const auto number = ascii::parse_number(fields->at(1));
  if (row == kLetters.end() || !number) return Error::later("an unknown answer");
  return NumberedAnswer{*number, Answer{row->verdict, std::string{fields->at(2)}}};
}

std::string encode(const UserOrder& order) {
  const dotqmail::Request& to = order.request;
  std::string out;
  add_field(out, std::string(1, static_cast<char>(order.kind)));
  add_field(out, std::to_string(order.number));
  add_field(out, std::to_string(order.expires));
  add_field(out, std::to_string(order.size));
  for (const std::string* each :
       {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host, &to.sender, &order.attempt}) {
    add_field(out, *each);
  }
  return out;
}

Result<UserOrder> decode_user_order(std::string_view bytes) {
  static constexpr std::size_t kFields = 12;
  const auto fields = fields_of(bytes, kFields);
  if (!fields) return Error::later("an order of another form");
  const std::string_view kind = fields->at(0);
  const auto number = ascii::parse_number(fields->at(1));
  const auto expires = ascii::parse_number(fields->at(2));
  const auto size = ascii::parse_number(fields->at(3));
  if ((kind != "V" && kind != "D") || !number || !expires || !size) {
    return Error::later("an unknown order");
  }
  UserOrder order;
  order.kind = kind == "V" ? Order::Kind::Verdict : Order::Kind::Deliver;
  order.number = *number;
  order.expires = static_cast<std::int64_t>(*expires);
  order.size = *size;
  dotqmail::Request& to = order.request;
  std::size_t next = 4;
  for (std::string* each :
       {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host, &to.sender, &order.attempt}) {
    *each = fields->at(next++);
  }
  return order;
}

}  // namespace lbx::deliver
