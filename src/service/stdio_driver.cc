// SPDX-License-Identifier: MIT
#include "service/stdio_driver.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>
#include <string>

namespace lbx {
namespace {

constexpr std::size_t kOutputChunk = std::size_t{64} * 1024;

Result<void> wait_for(int fd, short events, std::chrono::seconds limit) {
  pollfd waiting{fd, events, 0};
  const auto timeout = std::chrono::milliseconds{limit}.count();
  for (;;) {
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::min<long>(timeout, INT_MAX)));
    if (ready > 0) return {};
    if (ready == 0) return Error::later("the peer was idle for too long");
    if (errno != EINTR) return Error::from_errno(errno, "poll");
  }
}

Result<void> wait_for_answer(const StdioOptions& options) {
  if (!options.watched) return Error::later("nobody to wait for");
  pollfd waiting{options.watched->fd, POLLIN, 0};
  while (::poll(&waiting, 1, -1) < 0) {
    if (errno != EINTR) return Error::from_errno(errno, "poll");
  }
  static_cast<void>(options.watched->readable());  // an end of it is an answer too
  return {};
}

/// One write that does not block once poll(2) has allowed it, without O_NONBLOCK, which other
/// processes with the same descriptor would see too.
ssize_t write_some(int fd, std::string_view bytes) {
  const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  return ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
}

Result<void> write_all_in_time(int fd, std::string_view bytes, std::chrono::seconds limit) {
  while (!bytes.empty()) {
    LBX_TRY(wait_for(fd, POLLOUT, limit));
    const ssize_t sent = write_some(fd, bytes);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return Error::from_errno(errno, "write");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

void hold_back(std::chrono::milliseconds delay) {
  if (delay.count() == 0) return;
  const timespec time{static_cast<time_t>(delay.count() / 1000),
                      static_cast<long>(delay.count() % 1000) * 1'000'000};
  static_cast<void>(::nanosleep(&time, nullptr));
}

Result<void> send_output(Conversation& conversation, int out) {
  std::string chunk;
  while (conversation.has_output()) {
    chunk.clear();
    conversation.output(chunk, kOutputChunk);
    hold_back(conversation.delay());
    LBX_TRY(write_all_in_time(out, chunk, conversation.idle_limit()));
  }
  return {};
}

}  // namespace

Result<void> converse(Conversation& conversation, const StdioOptions& options) {
  std::string buffer(options.read_size, '\0');
  for (;;) {
    LBX_TRY(send_output(conversation, options.out));
    if (conversation.ended()) return {};
    if (conversation.waiting()) {
      LBX_TRY(wait_for_answer(options));
      continue;
    }
    LBX_TRY(wait_for(options.in, POLLIN, conversation.idle_limit()));
    const ssize_t got = ::read(options.in, buffer.data(), buffer.size());
    if (got == 0) return {};
    if (got < 0 && errno != EINTR && errno != EAGAIN) return Error::from_errno(errno, "read");
    if (got > 0) conversation.input({buffer.data(), static_cast<std::size_t>(got)});
  }
}

}  // namespace lbx
