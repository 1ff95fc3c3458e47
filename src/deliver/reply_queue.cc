// SPDX-License-Identifier: MIT
#include "deliver/reply_queue.h"

#include <utility>

namespace lbx::deliver {

std::uint64_t ReplyQueue::reserve() {
  places_.emplace_back();
  return first_ + places_.size() - 1;
}

void ReplyQueue::fill(std::uint64_t number, const wire::Reply& reply) {
  put(number, wire::to_line(reply));
}

void ReplyQueue::add(std::string lines) {
  put(reserve(), std::move(lines));
}

void ReplyQueue::put(std::uint64_t number, std::string lines) {
  places_[static_cast<std::size_t>(number - first_)] = std::move(lines);
  while (!places_.empty() && places_.front()) {
    ready_ += *places_.front();
    places_.pop_front();
    ++first_;
  }
}

std::string ReplyQueue::take_ready() {
  return std::exchange(ready_, {});
}

}  // namespace lbx::deliver
