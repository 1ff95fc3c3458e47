// SPDX-License-Identifier: MIT
#include "core/wire/order.h"

#include <utility>

#include "core/base/ascii.h"
#include "core/wire/fields.h"

namespace lbx::wire {
namespace {

constexpr std::size_t kOrderFields = 11;
constexpr std::size_t kAnswerFields = 5;

}  // namespace

std::optional<Order::Kind> order_kind(std::string_view letter) {
  if (letter == "V") return Order::Kind::Verdict;
  if (letter == "D") return Order::Kind::Deliver;
  if (letter == "L") return Order::Kind::Local;
  if (letter == "F") return Order::Kind::Forget;
  if (letter == "S") return Order::Kind::Settle;
  return std::nullopt;
}

std::optional<Verdict> verdict_of(std::string_view letter) {
  if (letter == "K") return Verdict::Done;
  if (letter == "Z") return Verdict::Later;
  if (letter == "D") return Verdict::Never;
  return std::nullopt;
}

std::optional<Earlier> earlier_of(std::string_view letter) {
  if (letter == "u") return Earlier::Unknown;
  if (letter == "n") return Earlier::None;
  if (letter == "m") return Earlier::Maybe;
  return std::nullopt;
}

std::string encode(std::uint64_t number, const Order& order) {
  std::string out;
  add_field(out, std::string(1, static_cast<char>(order.kind)));
  add_field(out, number);
  add_field(out, order.size);
  for (const std::string* each :
       {&order.local, &order.domain, &order.sender, &order.attempt, &order.dsn}) {
    add_field(out, *each);
  }
  add_field(out, std::string(1, static_cast<char>(order.earlier)));
  add_flag(out, order.settle_later);
  add_field(out, order.settler);
  return out;
}

std::string encode(std::uint64_t number, const Answer& answer) {
  std::string out;
  add_field(out, std::string(1, static_cast<char>(answer.verdict)));
  add_field(out, number);
  const std::string_view text{answer.text};
  add_field(out, text.substr(0, text.find('\0')).substr(0, kMaxAnswerText));
  add_flag(out, answer.noted);
  add_field(out, answer.settler);
  return out;
}

Result<NumberedOrder> decode_order(std::string_view bytes) {
  const auto fields = fields_of(bytes, kOrderFields, kOrderFields);
  if (!fields) return Error::later("an order of another form");
  const auto kind = order_kind(fields->at(0));
  const auto number = ascii::parse_number(fields->at(1));
  const auto size = ascii::parse_number(fields->at(2));
  const auto earlier = earlier_of(fields->at(8));
  const auto settler = ascii::parse_number(fields->at(10));
  if (!kind || !number || !size || !earlier || !settler) return Error::later("an unknown order");
  Order order{*kind,
              std::string{fields->at(3)},
              std::string{fields->at(4)},
              std::string{fields->at(5)},
              *size,
              std::string{fields->at(6)},
              std::string{fields->at(7)},
              *earlier,
              is_set(fields->at(9)),
              *settler};
  return NumberedOrder{*number, std::move(order)};
}

Result<NumberedAnswer> decode_answer(std::string_view bytes) {
  const auto fields = fields_of(bytes, kAnswerFields, kAnswerFields);
  if (!fields) return Error::later("an answer of another form");
  const auto verdict = verdict_of(fields->at(0));
  const auto number = ascii::parse_number(fields->at(1));
  const auto settler = ascii::parse_number(fields->at(4));
  if (!verdict || !number || !settler) return Error::later("an unknown answer");
  Answer answer{*verdict, std::string{fields->at(2).substr(0, kMaxAnswerText)},
                is_set(fields->at(3)), *settler};
  return NumberedAnswer{*number, std::move(answer)};
}

}  // namespace lbx::wire
