// SPDX-License-Identifier: MIT
#include "queue/order_pipe.h"

#include <cerrno>

#include "core/message/spool.h"
#include "core/wire/datagram.h"

namespace lbx::queue {

Result<std::unique_ptr<OrderPipe>> OrderPipe::open(FileOps& files, EventLoop& loop, UniqueFd socket,
                                                   std::function<void(std::string_view)> take,
                                                   std::function<void()> lost) {
  const int fd = socket.get();
  std::unique_ptr<OrderPipe> pipe{
      new OrderPipe{files, loop, std::move(socket), std::move(take), std::move(lost)}};
  OrderPipe* const raw = pipe.get();
  LBX_TRY(loop.watch(fd, EventLoop::Interest::Read, [raw] { raw->ready(); }));
  return pipe;
}

OrderPipe::~OrderPipe() {
  if (!is_lost_) loop_.forget(socket_.get());
}

void OrderPipe::send(std::string bytes, Message message, bool shared) {
  unsent_.push_back({std::move(bytes), std::move(message), shared});
  if (unsent_.size() == 1) send_unsent();
}

void OrderPipe::send_unsent() {
  while (!unsent_.empty() && !is_lost_) {
    const Unsent& first = unsent_.front();
    UniqueFd own;
    if (first.message && first.shared) {
      Result<UniqueFd> again = reopen(files_, first.message->get());
      if (again) own = std::move(again).value();
    }
    const int message = first.message && !first.shared ? first.message->get() : own.get();
    const Result<void> sent =
        wire::send_datagram(socket_.get(), first.bytes, message, wire::Wait::No);
    if (!sent && sent.error().os_error == EAGAIN) {
      if (!loop_.change(socket_.get(), EventLoop::Interest::ReadAndWrite)) lose();
      return;
    }
    if (!sent) return lose();
    unsent_.pop_front();
  }
}

void OrderPipe::ready() {
  if (!unsent_.empty()) {
    send_unsent();
    if (unsent_.empty() && !is_lost_ && !loop_.change(socket_.get(), EventLoop::Interest::Read)) {
      return lose();
    }
  }
  while (!is_lost_) {
    const Result<wire::Datagram> got = wire::receive_datagram(socket_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    if (!got || got->bytes.empty()) return lose();
    take_(got->bytes);
  }
}

void OrderPipe::lose() {
  is_lost_ = true;
  loop_.forget(socket_.get());
  lost_();
}

}  // namespace lbx::queue
