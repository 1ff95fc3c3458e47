// SPDX-License-Identifier: MIT
#include "core/base/epoll.h"

#include <sys/epoll.h>

#include <cerrno>

namespace lbx {
namespace {

std::uint32_t events_of(Epoll::Interest interest) {
  switch (interest) {
    case Epoll::Interest::None:
      return 0;
    case Epoll::Interest::Read:
      return EPOLLIN;
    case Epoll::Interest::Write:
      return EPOLLOUT;
    case Epoll::Interest::ReadAndWrite:
      break;
  }
  return EPOLLIN | EPOLLOUT;  // NOLINT: epoll's own types
}

}  // namespace

Result<Epoll> Epoll::open() {
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return Error::from_errno(errno, "epoll_create");
  return Epoll{std::move(epoll)};
}

Result<void> Epoll::control(int operation, int fd, std::uint64_t id, Interest interest) const {
  epoll_event event{};
  event.events = events_of(interest);
  event.data.u64 = id;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) == 0) return {};
  return Error::from_errno(errno, "epoll_ctl");
}

Result<void> Epoll::watch(int fd, std::uint64_t id, Interest interest) const {
  return control(EPOLL_CTL_ADD, fd, id, interest);
}

Result<void> Epoll::change(int fd, std::uint64_t id, Interest interest) const {
  return control(EPOLL_CTL_MOD, fd, id, interest);
}

void Epoll::forget(int fd) const {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Result<Epoll::Ready> Epoll::wait(int milliseconds) const {
  std::array<epoll_event, Ready::kAtOnce> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), milliseconds);
  if (count < 0 && errno != EINTR) return Error::from_errno(errno, "epoll_wait");
  Ready ready;
  for (int i = 0; i < count; ++i) {
    ready.ids_.at(ready.count_++) = events.at(static_cast<std::size_t>(i)).data.u64;
  }
  return ready;
}

}  // namespace lbx
