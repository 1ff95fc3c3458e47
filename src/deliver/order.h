// SPDX-License-Identifier: MIT
// Orders (core/wire/order.h) on their way: from a session to the process that becomes users, and
// from that to the process of a user.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/dotqmail/environment.h"
#include "core/wire/order.h"
#include "deliver/report.h"

namespace lbx::deliver {

using wire::Answer;
using wire::Order;

/// For whoever needs one line with an enhanced status code: Verdict and Deliver.
Answer answer_of(const Report& report);
Answer answer_later(std::string text);
/// To whoever waits for a user's process that has ended, or for longer than a delivery may take.
Answer answer_process_ended();
Answer answer_takes_long();
/// Whether the address has been routed already.
bool is_of_queue(Order::Kind kind);
/// Of the recipient: in the log, and as a key.
std::string address_of(const Order& order);
/// The line in the log of whoever hears how a delivery has ended.
void log_delivery(const std::string& to, const std::string& from, uid_t uid, const Answer& answer);

/// An order as a user's own process gets it: who delivers for the address has been found out.
struct UserOrder {
  Order::Kind kind{Order::Kind::Verdict};
  std::uint64_t number{0};
  std::int64_t expires{0};    // seconds of the monotonic clock; afterwards nobody waits for it
  dotqmail::Request request;  // without its default delivery
  std::uint64_t size{0};
  std::string attempt;
  std::string dsn;  // as in Order
  wire::Earlier earlier{wire::Earlier::Unknown};
  bool settle_later{false};
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
