// SPDX-License-Identifier: MIT
// What a front asks of the process that becomes users, and what it hears (DESIGN section 4): orders
// and answers, each one datagram. The message of an order to deliver is the datagram's descriptor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/dotqmail/environment.h"
#include "deliver/report.h"

namespace lbx::deliver {

/// Octets of an answer's text at most: an enhanced code and a reason, on one line.
inline constexpr std::size_t kMaxAnswerText = kMaxStatusLine;

struct Order {
  enum class Kind : char {
    Verdict = 'V',  // would a message for this recipient be taken?
    Deliver = 'D',
  };
  Kind kind{Kind::Verdict};
  std::string local;      // of the recipient, as it means
  std::string domain;     // may be empty
  std::string sender;     // empty for a bounce
  std::uint64_t size{0};  // octets of the message, as far as known
  std::string attempt;    // the same for every attempt at this delivery; empty: unknown
  bool operator==(const Order&) const = default;
};

struct Answer {
  Verdict verdict{Verdict::Later};  // Done, Later or Never
  std::string text;                 // "D.S.N reason"
  bool operator==(const Answer&) const = default;
};

Answer answer_of(const Report& report);
Answer answer_later(std::string text);

/// Orders are numbered by whoever sends them. None of the texts may hold a NUL.
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

/// An order as a user's own process gets it: who delivers for the address has been found out.
struct UserOrder {
  Order::Kind kind{Order::Kind::Verdict};
  std::uint64_t number{0};
  std::int64_t expires{0};    // seconds of the monotonic clock; afterwards nobody waits for it
  dotqmail::Request request;  // without its default delivery
  std::uint64_t size{0};
  std::string attempt;
};
std::string encode(const UserOrder& order);
Result<UserOrder> decode_user_order(std::string_view bytes);

/// Who knows about mailboxes, as a session sees it.
class Postmaster {
 public:
  using Answered = std::function<void(const Answer&)>;

  virtual ~Postmaster() = default;
  /// Calls `answered` exactly once, in this thread: before it returns, or later. `message` is for
  /// orders to deliver.
  virtual void ask(const Order& order, std::shared_ptr<const UniqueFd> message,
                   Answered answered) = 0;
};

}  // namespace lbx::deliver
