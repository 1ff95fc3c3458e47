// SPDX-License-Identifier: MIT
#include "core/wire/remote_order.h"

#include "core/base/ascii.h"
#include "core/wire/datagram.h"
#include "core/wire/fields.h"

namespace lbx::wire {
namespace {

constexpr std::string_view kLetter = "R";
constexpr std::size_t kFieldsBefore = 3;
constexpr std::size_t kFieldsOfRecipient = 2;

}  // namespace

std::vector<std::string> encode(const RemoteOrder& order) {
  std::string head;
  add_field(head, kLetter);
  add_field(head, order.host);
  add_field(head, order.sender);
  std::vector<std::string> out;
  std::size_t count = 0;
  for (const RemoteRecipient& each : order.recipients) {
    std::string more;
    add_field(more, each.number);
    add_field(more, each.address);
    const bool fits = !out.empty() && count < kMaxRemoteRecipients &&
                      out.back().size() + more.size() <= kMaxDatagram;
    if (!fits) {
      out.push_back(head);
      count = 0;
    }
    out.back() += more;
    ++count;
  }
  return out;
}

Result<RemoteOrder> decode_remote_order(std::string_view bytes) {
  const auto fields = fields_of(bytes, kFieldsBefore + kFieldsOfRecipient,
                                kFieldsBefore + kFieldsOfRecipient * kMaxRemoteRecipients);
  if (!fields || fields->front() != kLetter ||
      (fields->size() - kFieldsBefore) % kFieldsOfRecipient != 0) {
    return Error::later("an order of another form");
  }
  RemoteOrder order{std::string{fields->at(1)}, std::string{fields->at(2)}, {}};
  for (std::size_t at = kFieldsBefore; at < fields->size(); at += kFieldsOfRecipient) {
    const auto number = ascii::parse_number(fields->at(at));
    if (!number) return Error::later("an unknown order");
    order.recipients.push_back({*number, std::string{fields->at(at + 1)}});
  }
  return order;
}

}  // namespace lbx::wire
