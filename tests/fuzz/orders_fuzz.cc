// SPDX-License-Identifier: MIT
// Any bytes as a datagram between those who have mail delivered and those who deliver: no crash;
// what was read is written back as datagrams of the size allowed that mean the same, without a NUL.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/wire/datagram.h"
#include "core/wire/order.h"
#include "core/wire/remote_order.h"
#include "deliver/order.h"
#include "support/require.h"

using namespace lbx;

namespace {

bool has_nul(const std::string& text) {
  return text.find('\0') != std::string::npos;
}

void check_order(std::string_view bytes) {
  const Result<wire::NumberedOrder> read = wire::decode_order(bytes);
  if (!read) return;
  const wire::Order& order = read->order;
  for (const std::string* const each :
       {&order.local, &order.domain, &order.sender, &order.attempt}) {
    require(!has_nul(*each));
  }
  const Result<wire::NumberedOrder> again = wire::decode_order(wire::encode(read->number, order));
  require(again && again->number == read->number && again->order == order);
}

void check_user_order(std::string_view bytes) {
  const Result<deliver::UserOrder> read = deliver::decode_user_order(bytes);
  if (!read) return;
  const std::string written = deliver::encode(*read);
  const Result<deliver::UserOrder> again = deliver::decode_user_order(written);
  require(again && deliver::encode(*again) == written);
}

void check_answer(std::string_view bytes) {
  const Result<wire::NumberedAnswer> read = wire::decode_answer(bytes);
  if (!read) return;
  require(read->answer.text.size() <= wire::kMaxAnswerText);
  const Result<wire::NumberedAnswer> again =
      wire::decode_answer(wire::encode(read->number, read->answer));
  require(again && again->number == read->number && again->answer == read->answer);
}

void check_remote_order(std::string_view bytes) {
  const Result<wire::RemoteOrder> read = wire::decode_remote_order(bytes);
  if (!read) return;
  require(!has_nul(read->host) && !has_nul(read->sender));
  require(read->recipients.size() <= wire::kMaxRemoteRecipients);
  std::vector<wire::RemoteRecipient> all;
  for (const std::string& each : wire::encode(*read)) {
    require(each.size() <= wire::kMaxDatagram);
    const Result<wire::RemoteOrder> part = wire::decode_remote_order(each);
    require(part && part->host == read->host && part->sender == read->sender);
    all.insert(all.end(), part->recipients.begin(), part->recipients.end());
  }
  require(all == read->recipients);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (size > wire::kMaxDatagram) return 0;  // no datagram is longer
  check_order(bytes);
  check_user_order(bytes);
  check_answer(bytes);
  check_remote_order(bytes);
  return 0;
}
