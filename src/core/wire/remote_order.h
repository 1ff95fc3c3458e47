// SPDX-License-Identifier: MIT
// What the queue asks of the process that sends mail to other hosts: one message, which is the
// datagram's descriptor, for recipients behind one host. It is answered with an Answer (order.h)
// for each recipient, by its number, in any order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::wire {

/// Recipients of an order at most (RFC 5321 section 4.5.3.1.8: what every server takes).
inline constexpr std::size_t kMaxRemoteRecipients = 100;

struct RemoteRecipient {
  std::uint64_t number;  // of the answer
  std::string address;
  bool operator==(const RemoteRecipient&) const = default;
};

struct RemoteOrder {
  std::string host;
  std::string sender;  // empty for a bounce
  std::vector<RemoteRecipient> recipients;
  bool operator==(const RemoteOrder&) const = default;
};

/// The datagrams: one, or where it has too many recipients several orders, each of which needs the
/// message. None of the texts may hold a NUL.
std::vector<std::string> encode(const RemoteOrder& order);
/// An error where `bytes` are none: the other side is not what it should be.
Result<RemoteOrder> decode_remote_order(std::string_view bytes);

}  // namespace lbx::wire
