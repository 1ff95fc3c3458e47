// SPDX-License-Identifier: MIT
// A postmaster whose answers a test chooses, at once or when it says so.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/io.h"
#include "deliver/order.h"

namespace lbx::testing_support {

class FakePostmaster final : public deliver::Postmaster {
 public:
  /// By local part; others are taken.
  std::map<std::string, deliver::Answer> verdicts;
  std::map<std::string, deliver::Answer> deliveries;
  bool at_once{true};
  std::vector<deliver::Order> orders;
  std::vector<std::string> messages;  // of the orders to deliver, as they are

  void ask(const deliver::Order& order, std::shared_ptr<const UniqueFd> message,
           Answered answered) override {
    orders.push_back(order);
    if (order.kind == deliver::Order::Kind::Deliver) messages.push_back(content(message->get()));
    if (at_once) return answered(answer(order));
    waiting_.emplace_back(answer(order), std::move(answered));
  }

  std::size_t waiting() const { return waiting_.size(); }
  /// Answers the order that has waited so long: 0 the longest.
  void answer_one(std::size_t index = 0) {
    auto [answer, answered] = std::move(waiting_.at(index));
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index));
    answered(answer);
  }
  void answer_all() {
    while (!waiting_.empty()) answer_one();
  }

 private:
  deliver::Answer answer(const deliver::Order& order) const {
    const bool verdict = order.kind == deliver::Order::Kind::Verdict;
    const auto& chosen = verdict ? verdicts : deliveries;
    const auto found = chosen.find(order.local);
    return found == chosen.end() ? deliver::Answer{deliver::Verdict::Done, "2.0.0 delivered"}
                                 : found->second;
  }
  static std::string content(int fd) {
    PosixFileOps files;
    std::string all;
    static_cast<void>(for_each_chunk(files, fd, [&](std::string_view bytes) {
      all += bytes;
      return Result<void>{};
    }));
    return all;
  }

  std::deque<std::pair<deliver::Answer, Answered>> waiting_;
};

}  // namespace lbx::testing_support
