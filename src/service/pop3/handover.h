// SPDX-License-Identifier: MIT
// What the processes of letterbox-pop3d say to each other, one datagram each
// (core/wire/datagram.h):
//
//   front -> spawner   HandoverOrder with the connection; AuthLost
//   spawner -> front   Report; NewAuth with a socket to letterbox-authd; NewTls with a file
//   spawner -> session OpenOrder with the connection
//   session -> spawner Report
//
// Nobody believes more than he must: a ticket is worth what letterbox-authd says, and what the
// others say of a session are numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/wire/conversation.h"
#include "pop3d/refusal.h"
#include "pop3d/session.h"

namespace lbx::pop3 {

/// Who gives it chooses the number of a session.
using SessionNumber = std::uint64_t;

/// What a session knows that begins in the middle of a conversation.
struct Inheritance {
  std::string unread;                   // what the client sent behind its login
  std::vector<std::string> mechanisms;  // as CAPA has listed them
  bool plaintext_logins{false};
  bool tls{false};
  bool offer_stls{false};
  bool operator==(const Inheritance&) const = default;
};

struct HandoverOrder {
  SessionNumber number;
  std::string ticket;
  std::string address;  // for the log, as are the next two
  std::string tls;
  std::string mechanism;
  Inheritance inheritance;
  bool operator==(const HandoverOrder&) const = default;
};
/// The front has no connection to letterbox-authd.
struct AuthLost {
  bool operator==(const AuthLost&) const = default;
};
using FrontMessage = std::variant<HandoverOrder, AuthLost>;

struct OpenOrder {
  SessionNumber number;
  Inheritance inheritance;
  bool operator==(const OpenOrder&) const = default;
};

struct Taken {
  SessionNumber number;
  bool operator==(const Taken&) const = default;
};
struct Refused {
  SessionNumber number;
  pop3d::Refusal refusal;
  bool operator==(const Refused&) const = default;
};
struct Over {
  SessionNumber number;
  Ending ending;
  pop3d::Tally tally;
  bool operator==(const Over&) const = default;
};
using Report = std::variant<Taken, Refused, Over>;

/// Without a socket: there is no letterbox-authd now.
struct NewAuth {
  bool operator==(const NewAuth&) const = default;
};
struct NewTls {
  bool operator==(const NewTls&) const = default;
};
using SpawnerMessage = std::variant<Report, NewAuth, NewTls>;

/// Octets behind a login that are passed on at most; the driver reads less at once.
inline constexpr std::size_t kMaxUnread = 8192;

std::string encode(const FrontMessage& message);
std::string encode(const OpenOrder& order);
std::string encode(const SpawnerMessage& message);
Result<FrontMessage> parse_front_message(std::string_view text);
Result<OpenOrder> parse_open_order(std::string_view text);
Result<SpawnerMessage> parse_spawner_message(std::string_view text);

std::string_view name_of(Ending ending);

}  // namespace lbx::pop3
