// SPDX-License-Identifier: MIT
// Datagrams to a process that delivers for us and back, in an event loop: what does not go out at
// once waits here, in order.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/event_loop.h"
#include "core/base/file_ops.h"

namespace lbx::queue {

class OrderPipe {
 public:
  using Message = std::shared_ptr<const UniqueFd>;

  /// `files` and `loop` must outlive it. `take` gets each datagram; `lost` is called once, when the
  /// other side has gone.
  static Result<std::unique_ptr<OrderPipe>> open(FileOps& files, EventLoop& loop, UniqueFd socket,
                                                 std::function<void(std::string_view)> take,
                                                 std::function<void()> lost);
  OrderPipe(const OrderPipe&) = delete;
  OrderPipe& operator=(const OrderPipe&) = delete;
  ~OrderPipe();

  /// Each order gets `message` by a descriptor of its own where others may have it, too (`shared`):
  /// programs of two deliveries must not share one position. Without one, where there is none to be
  /// had, nobody can carry it out.
  void send(std::string bytes, Message message, bool shared);

 private:
  struct Unsent {
    std::string bytes;
    Message message;
    bool shared;
  };

  OrderPipe(FileOps& files, EventLoop& loop, UniqueFd socket,
            std::function<void(std::string_view)> take, std::function<void()> lost)
      : files_{files},
        loop_{loop},
        socket_{std::move(socket)},
        take_{std::move(take)},
        lost_{std::move(lost)} {}
  void ready();
  void send_unsent();
  void lose();

  FileOps& files_;
  EventLoop& loop_;
  UniqueFd socket_;
  std::function<void(std::string_view)> take_;
  std::function<void()> lost_;
  std::deque<Unsent> unsent_;
  bool is_lost_{false};
};

}  // namespace lbx::queue
