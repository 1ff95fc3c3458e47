// SPDX-License-Identifier: MIT
// What fronts and letterbox-authd say to each other over run/auth.sock: letterbox-authd(8). A
// message is one datagram of a SOCK_SEQPACKET socket and consists of netstrings (LENGTH:OCTETS,).
// The first is its kind, the second the number of the exchange, which the front chooses; many
// exchanges go on at once over one socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "service/auth/account.h"
#include "service/auth/offer.h"
#include "service/auth/sasl.h"
#include "service/auth/source.h"

namespace lbx::auth {

using ExchangeId = std::uint64_t;

/// Which mechanisms are there for such a client?
struct OfferRequest {
  ExchangeId id;
  Connection connection;
  bool operator==(const OfferRequest&) const = default;
};
struct StartRequest {
  ExchangeId id;
  std::string mechanism;
  std::string protocol;  // "pop3", "smtp"
  std::string address;   // of the client
  Connection connection;
  std::optional<std::string> initial;
  bool operator==(const StartRequest&) const = default;
};
struct StepRequest {
  ExchangeId id;
  std::string bytes;
  bool operator==(const StepRequest&) const = default;
};
/// The client has given up or gone. There is no answer.
struct CancelRequest {
  ExchangeId id;
  bool operator==(const CancelRequest&) const = default;
};
/// Whose ticket is it? A ticket is good once, for a minute. So whoever lets a user's process open a
/// mailbox need not believe a front.
struct RedeemRequest {
  ExchangeId id;
  std::string ticket;
  bool operator==(const RedeemRequest&) const = default;
};
using Request = std::variant<OfferRequest, StartRequest, StepRequest, CancelRequest, RedeemRequest>;

struct OfferReply {
  ExchangeId id;
  std::vector<std::string> mechanisms;
  bool operator==(const OfferReply&) const = default;
};
struct ChallengeReply {
  ExchangeId id;
  std::string bytes;
  bool operator==(const ChallengeReply&) const = default;
};
/// Ends the exchange.
struct SuccessReply {
  ExchangeId id;
  Account account;
  std::string authzid;
  std::string ticket;  // empty in the answer to RedeemRequest
  bool operator==(const SuccessReply&) const = default;
};
/// Ends the exchange.
struct FailureReply {
  ExchangeId id;
  FailureKind kind;
  bool operator==(const FailureReply&) const = default;
};
using Reply = std::variant<OfferReply, ChallengeReply, SuccessReply, FailureReply>;

std::string encode(const Request& request);
std::string encode(const Reply& reply);
Result<Request> parse_request(std::string_view message);
Result<Reply> parse_reply(std::string_view message);

ExchangeId id_of(const Request& request);
ExchangeId id_of(const Reply& reply);

}  // namespace lbx::auth
