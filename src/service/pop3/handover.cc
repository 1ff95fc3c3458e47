// SPDX-License-Identifier: MIT
#include "service/pop3/handover.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/base/ascii.h"
#include "core/wire/netstrings.h"

namespace lbx::pop3 {
namespace {

using Fields = std::vector<std::string>;
using pop3d::Refusal;

constexpr std::size_t kMaxHandoverFields = 64;

constexpr std::array<std::pair<Refusal, std::string_view>, 7> kRefusals{{
    {Refusal::Credentials, "credentials"},
    {Refusal::Malformed, "malformed"},
    {Refusal::NeedsTls, "needs-tls"},
    {Refusal::Later, "later"},
    {Refusal::Permanent, "permanent"},
    {Refusal::TooSoon, "too-soon"},
    {Refusal::InUse, "in-use"},
}};
constexpr std::array<std::pair<Ending, std::string_view>, 4> kEndings{{
    {Ending::Said, "quit"},
    {Ending::PeerGone, "hung-up"},
    {Ending::Idle, "idle"},
    {Ending::Failed, "failed"},
}};

template <typename Table, typename T>
std::string_view word_of(const Table& table, T value) {
  return std::ranges::find(table, value, &Table::value_type::first)->second;
}

template <typename T, typename Table>
Result<T> value_of(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, &Table::value_type::second);
  if (found == table.end()) return Error::never("an unknown word");
  return found->first;
}

Result<std::uint64_t> number_of(const std::string& text) {
  const auto number = ascii::parse_number(text);
  if (!number) return Error::never("not a number");
  return *number;
}

std::string bit(bool set) {
  return set ? "1" : "0";
}

void append(Fields& fields, const Inheritance& what) {
  fields.insert(fields.end(),
                {what.unread, bit(what.plaintext_logins), bit(what.tls), bit(what.offer_stls)});
  fields.insert(fields.end(), what.mechanisms.begin(), what.mechanisms.end());
}

Result<Inheritance> parse_inheritance(const Fields& fields, std::size_t first) {
  if (fields.size() < first + 4) return Error::never("too few fields");
  if (fields[first].size() > kMaxUnread) return Error::never("too much that was not read");
  return Inheritance{fields[first],
                     {fields.begin() + static_cast<std::ptrdiff_t>(first) + 4, fields.end()},
                     fields[first + 1] == "1",
                     fields[first + 2] == "1",
                     fields[first + 3] == "1"};
}

Fields fields_of(const Report& report) {
  if (const auto* const taken = std::get_if<Taken>(&report)) {
    return {"taken", std::to_string(taken->number)};
  }
  if (const auto* const refused = std::get_if<Refused>(&report)) {
    return {"refused", std::to_string(refused->number),
            std::string{word_of(kRefusals, refused->refusal)}};
  }
  const auto& over = std::get<Over>(report);
  const pop3d::Tally& tally = over.tally;
  return {"over",
          std::to_string(over.number),
          std::string{name_of(over.ending)},
          std::to_string(tally.retrieved),
          std::to_string(tally.tops),
          std::to_string(tally.octets),
          std::to_string(tally.removed),
          std::to_string(tally.not_removed)};
}

Result<Report> parse_over(SessionNumber number, const Fields& fields) {
  const Ending ending = LBX_TRY(value_of<Ending>(kEndings, fields[2]));
  pop3d::Tally tally;
  tally.retrieved = LBX_TRY(number_of(fields[3]));
  tally.tops = LBX_TRY(number_of(fields[4]));
  tally.octets = LBX_TRY(number_of(fields[5]));
  tally.removed = LBX_TRY(number_of(fields[6]));
  tally.not_removed = LBX_TRY(number_of(fields[7]));
  return Report{Over{number, ending, tally}};
}

Result<Report> parse_report(const Fields& fields) {
  if (fields.size() < 2) return Error::never("too few fields");
  const SessionNumber number = LBX_TRY(number_of(fields[1]));
  if (fields[0] == "taken" && fields.size() == 2) return Report{Taken{number}};
  if (fields[0] == "over" && fields.size() == 8) return parse_over(number, fields);
  if (fields[0] == "refused" && fields.size() == 3) {
    const Refusal refusal = LBX_TRY(value_of<Refusal>(kRefusals, fields[2]));
    return Report{Refused{number, refusal}};
  }
  return Error::never("no such report");
}

}  // namespace

std::string_view name_of(Ending ending) {
  return word_of(kEndings, ending);
}

std::string encode(const FrontMessage& message) {
  const auto* const order = std::get_if<HandoverOrder>(&message);
  if (order == nullptr) return wire::join_netstrings({"auth-lost"});
  Fields fields{"handover",    std::to_string(order->number),
                order->ticket, order->address,
                order->tls,    order->mechanism};
  append(fields, order->inheritance);
  return wire::join_netstrings(fields);
}

std::string encode(const OpenOrder& order) {
  Fields fields{"open", std::to_string(order.number)};
  append(fields, order.inheritance);
  return wire::join_netstrings(fields);
}

std::string encode(const SpawnerMessage& message) {
  if (std::holds_alternative<NewAuth>(message)) return wire::join_netstrings({"auth"});
  if (std::holds_alternative<NewTls>(message)) return wire::join_netstrings({"tls"});
  return wire::join_netstrings(fields_of(std::get<Report>(message)));
}

Result<FrontMessage> parse_front_message(std::string_view text) {
  const Fields fields = LBX_TRY(wire::split_netstrings(text, kMaxHandoverFields));
  if (fields.size() == 1 && fields[0] == "auth-lost") return FrontMessage{AuthLost{}};
  if (fields.size() < 6 || fields[0] != "handover") return Error::never("no such message");
  const SessionNumber number = LBX_TRY(number_of(fields[1]));
  Inheritance inheritance = LBX_TRY(parse_inheritance(fields, 6));
  return FrontMessage{
      HandoverOrder{number, fields[2], fields[3], fields[4], fields[5], std::move(inheritance)}};
}

Result<OpenOrder> parse_open_order(std::string_view text) {
  const Fields fields = LBX_TRY(wire::split_netstrings(text, kMaxHandoverFields));
  if (fields.size() < 2 || fields[0] != "open") return Error::never("no such order");
  const SessionNumber number = LBX_TRY(number_of(fields[1]));
  Inheritance inheritance = LBX_TRY(parse_inheritance(fields, 2));
  return OpenOrder{number, std::move(inheritance)};
}

Result<SpawnerMessage> parse_spawner_message(std::string_view text) {
  const Fields fields = LBX_TRY(wire::split_netstrings(text, kMaxHandoverFields));
  if (fields.size() == 1 && fields[0] == "auth") return SpawnerMessage{NewAuth{}};
  if (fields.size() == 1 && fields[0] == "tls") return SpawnerMessage{NewTls{}};
  const Report report = LBX_TRY(parse_report(fields));
  return SpawnerMessage{report};
}

}  // namespace lbx::pop3
