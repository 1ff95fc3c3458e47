// SPDX-License-Identifier: MIT
#include "deliver/order.h"

#include "core/base/ascii.h"
#include "core/base/log.h"
#include "core/wire/fields.h"

namespace lbx::deliver {
namespace {

std::string_view name_of(Verdict verdict) {
  if (verdict == Verdict::Never) return "never";
  return verdict == Verdict::Later ? "later" : "done";
}

}  // namespace

Answer answer_of(const Report& report) {
  if (report.done()) return {Verdict::Done, "2.0.0 delivered"};
  return {report.verdict, status_line(report)};
}

Answer answer_later(std::string text) {
  return {Verdict::Later, std::move(text)};
}

Answer answer_process_ended() {
  return answer_later("4.3.0 the user's delivery process has ended");
}

Answer answer_takes_long() {
  return answer_later("4.4.7 the delivery takes long; it goes on");
}

bool is_of_queue(Order::Kind kind) {
  return kind == Order::Kind::Local || kind == Order::Kind::Forget;
}

std::string address_of(const Order& order) {
  return order.local + '@' + order.domain;
}

void log_delivery(const std::string& to, const std::string& from, uid_t uid, const Answer& answer) {
  log("delivery", {{"to", to},
                   {"from", from},
                   {"uid", std::to_string(uid)},
                   {"result", std::string{name_of(answer.verdict)}},
                   {"text", answer.text}});
}

std::string encode(const UserOrder& order) {
  const dotqmail::Request& to = order.request;
  std::string out;
  wire::add_field(out, std::string(1, static_cast<char>(order.kind)));
  wire::add_field(out, order.number);
  wire::add_field(out, static_cast<std::uint64_t>(order.expires));
  wire::add_field(out, order.size);
  for (const std::string* each : {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host,
                                  &to.sender, &order.attempt, &order.dsn}) {
    wire::add_field(out, *each);
  }
  wire::add_field(out, std::string(1, static_cast<char>(order.earlier)));
  wire::add_flag(out, order.settle_later);
  return out;
}

Result<UserOrder> decode_user_order(std::string_view bytes) {
  static constexpr std::size_t kFields = 15;
  const auto fields = wire::fields_of(bytes, kFields, kFields);
  if (!fields) return Error::later("an order of another form");
  const auto kind = wire::order_kind(fields->at(0));
  const auto number = ascii::parse_number(fields->at(1));
  const auto expires = ascii::parse_number(fields->at(2));
  const auto size = ascii::parse_number(fields->at(3));
  const auto earlier = wire::earlier_of(fields->at(kFields - 2));
  if (!kind || !number || !expires || !size || !earlier) return Error::later("an unknown order");
  UserOrder order;
  order.kind = *kind;
  order.number = *number;
  order.expires = static_cast<std::int64_t>(*expires);
  order.size = *size;
  order.earlier = *earlier;
  order.settle_later = wire::is_set(fields->at(kFields - 1));
  dotqmail::Request& to = order.request;
  std::size_t next = 4;
  for (std::string* each : {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host, &to.sender,
                            &order.attempt, &order.dsn}) {
    *each = fields->at(next++);
  }
  return order;
}

}  // namespace lbx::deliver
