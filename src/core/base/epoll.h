// SPDX-License-Identifier: MIT
// epoll(7): which of many descriptors are ready. Who watches one gives it a number, and hears that.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace lbx {

class Epoll {
 public:
  /// None: only that the other side has gone.
  enum class Interest { None, Read, Write, ReadAndWrite };

  /// The numbers of what is ready: some of them, where more than kAtOnce are; the next wait() has
  /// the others.
  class Ready {
   public:
    static constexpr std::size_t kAtOnce = 64;

    const std::uint64_t* begin() const { return ids_.data(); }
    const std::uint64_t* end() const { return ids_.data() + count_; }

   private:
    friend class Epoll;

    std::array<std::uint64_t, kAtOnce> ids_{};
    std::size_t count_{0};
  };

  /// One that open() has not made can only be assigned to.
  Epoll() = default;
  static Result<Epoll> open();

  /// `fd` stays the caller's. Closing its last copy, those of other processes too, forgets it.
  Result<void> watch(int fd, std::uint64_t id, Interest interest = Interest::Read) const;
  Result<void> change(int fd, std::uint64_t id, Interest interest) const;
  void forget(int fd) const;

  /// Readable when wait() has something to say: one Epoll can be watched by another.
  int fd() const { return epoll_.get(); }

  /// Waits `milliseconds` at most, for ever where that is -1. Nothing is ready where a signal came.
  Result<Ready> wait(int milliseconds) const;

 private:
  explicit Epoll(UniqueFd epoll) : epoll_{std::move(epoll)} {}
  Result<void> control(int operation, int fd, std::uint64_t id, Interest interest) const;

  UniqueFd epoll_;
};

}  // namespace lbx
