// SPDX-License-Identifier: MIT
// What is asked of the process that becomes users, and what it answers (DESIGN section 4): orders
// and answers, each one datagram. The message of an order to deliver is the datagram's descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx::wire {

/// How a delivery ended, or would end. The letters are qmail's (CONTRACT 1.2).
enum class Verdict : char {
  Done = 'K',
  Later = 'Z',
  Never = 'D',
};

/// Octets of an answer's text at most: what a queue keeps of a report (CONTRACT, appendix C).
inline constexpr std::size_t kMaxAnswerText = 10'000;

/// What is known of earlier attempts at the same delivery.
enum class Earlier : char {
  Unknown = 'u',
  None = 'n',   // this is the first one
  Maybe = 'm',  // one may have been made, and nobody knows what it came to
};

struct Order {
  enum class Kind : char {
    Verdict = 'V',  // would a message for this recipient be taken?
    Deliver = 'D',  // answered with one line, an enhanced status code first
    Local = 'L',    // from the queue: the address is routed already; answered as by qmail-lspawn
    Forget = 'F',   // no attempt at that Local delivery will follow: its notes may go
    Settle = 'S',   // what `settler` has delivered is to be durable: Done once it is
  };
  Kind kind{Kind::Verdict};
  std::string local;      // of the recipient, as it means
  std::string domain;     // may be empty
  std::string sender;     // empty for a bounce
  std::uint64_t size{0};  // octets of the message, as far as known
  /// The same for every attempt at this delivery, and never for another message; empty: unknown.
  std::string attempt;
  std::string dsn{};  // of Deliver: what the sender wants to hear (deliver/dsn.h), or nothing
  /// Unless Unknown, `attempt` names no other recipient either.
  Earlier earlier{Earlier::Unknown};
  bool settle_later{false};  // of Local: Done may be said before it is durable (Answer::settler)
  std::uint64_t settler{0};  // of Settle
  bool operator==(const Order&) const = default;
};

struct Answer {
  Verdict verdict{Verdict::Later};
  std::string text;   // "D.S.N reason"; for Local the lines of a report, such as "did 1+0+0\n"
  bool noted{false};  // the attempt has left notes, for Forget
  /// Not 0: it is delivered, but may be undone by a power cut until that process has carried out a
  /// Settle that was ordered afterwards.
  std::uint64_t settler{0};
  bool operator==(const Answer&) const = default;
};

/// Orders are numbered by whoever sends them. A NUL in a text of theirs makes them be refused, one
/// in an answer's text ends it.
struct NumberedOrder {
  std::uint64_t number;
  Order order;
};
struct NumberedAnswer {
  std::uint64_t number;
  Answer answer;
};
std::string encode(std::uint64_t number, const Order& order);
std::string encode(std::uint64_t number, const Answer& answer);
/// An error where `bytes` are none: the other side is not what it should be.
Result<NumberedOrder> decode_order(std::string_view bytes);
Result<NumberedAnswer> decode_answer(std::string_view bytes);

/// The kind or the verdict that has this letter, in a field of its own; nothing: none has.
std::optional<Order::Kind> order_kind(std::string_view letter);
std::optional<Verdict> verdict_of(std::string_view letter);
std::optional<Earlier> earlier_of(std::string_view letter);

}  // namespace lbx::wire
