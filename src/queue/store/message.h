// SPDX-License-Identifier: MIT
// What the queue knows of a message: its envelope, its recipients and what became of each. Times
// are seconds since 1970 by the wall clock.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace lbx::queue {

/// Numbers that a queue never uses again, not even after everything was delivered.
using MessageId = std::int64_t;
using RecipientId = std::int64_t;

/// Octets of an address at most (CONTRACT 1.6), the letter before it not counted.
inline constexpr std::size_t kMaxAddress = 1002;

/// Who delivers.
enum class Channel : char {
  Local = 'l',
  Remote = 'r',
};

/// When a recipient's fate is to be reported (RFC 3461, section 4.1). Nothing set: as if FAILURE
/// and, where the administrator wants it, DELAY had been asked for.
struct Notify {
  bool never{false};
  bool success{false};
  bool failure{false};
  bool delay{false};
  bool operator==(const Notify&) const = default;
};

/// How much of the original a report carries (RFC 3461, section 4.3).
enum class Return : char {
  Default = '-',
  Full = 'f',
  Headers = 'h',
};

struct NewRecipient {
  Channel channel{Channel::Local};
  std::string address;      // as it is delivered: behind a virtual domain's prepend
  std::string original;     // as the sender knows it; empty: the same
  std::string destination;  // what shares a fate: a domain, or a local user; in lower case
  Notify notify;
  std::string original_recipient;  // ORCPT, "rfc822;joe@example.org", as xtext decoded; or empty
  bool operator==(const NewRecipient&) const = default;
};

/// Octets in the database, or a file of the spool area, which is durable already.
struct InlineBody {
  std::string octets;
  bool operator==(const InlineBody&) const = default;
};
struct SpoolBody {
  std::string name;
  bool operator==(const SpoolBody&) const = default;
};
using Body = std::variant<InlineBody, SpoolBody>;

struct Envelope {
  std::string sender;  // empty: a bounce; "#@[]": a double bounce; "-@[]" at its end: VERP
  Return extent{Return::Default};
  std::string envelope_id;  // ENVID, xtext decoded; or empty
  bool utf8{false};         // the message needs SMTPUTF8 (RFC 6531)
  uid_t uid{0};             // who submitted it
  pid_t pid{0};             // the process that did: "qp" in logs
  std::int64_t born{0};     // when it was accepted
  std::uint64_t size{0};    // octets of the whole message
  bool operator==(const Envelope&) const = default;
};

struct NewMessage {
  Envelope envelope;
  Body body;
  std::vector<NewRecipient> recipients;
};

/// What becomes of a recipient:
///
///   Waiting --done--> Done        Waiting --hold--> Held --release--> Waiting
///   Waiting --deferred--> Waiting (later)
///   Waiting --failed--> Failed --the bounce is in the queue, in one transaction--> Done
///   Waiting --arrived--> Arrived --the notice is in the queue, in one transaction--> Done
///
/// A message ends, and is removed, when all its recipients are Done.
enum class State : char {
  Waiting = 'w',
  Held = 'h',
  Failed = 'f',   // for good; whoever has to hear it has not been told yet
  Arrived = 'a',  // delivered; whoever asked to hear of it has not been told yet
  Done = 'd',
};

struct Recipient {
  RecipientId id{0};
  MessageId message{0};
  State state{State::Waiting};
  std::int64_t due{0};    // of what is Waiting
  std::int64_t tried{0};  // the last attempt; 0: none yet
  std::uint32_t attempts{0};
  std::string report;  // of the last attempt that did not deliver, some lines
  bool told_of_delay{false};
  NewRecipient as;
};

struct Message {
  MessageId id{0};
  Envelope envelope;
  Body body;
  std::vector<Recipient> recipients;
};

}  // namespace lbx::queue
