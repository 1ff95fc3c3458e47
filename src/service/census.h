// SPDX-License-Identifier: MIT
// How many connections there are, in all and from one place (place.h; of a Unix socket: one user).
// Used by several threads.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace lbx {

class Census {
 public:
  Census(std::size_t max_all, std::size_t max_each) : max_all_{max_all}, max_each_{max_each} {}

 private:
  friend class Seat;
  bool enter(const std::string& place);
  void leave(const std::string& place);

  std::mutex mutex_;
  std::size_t max_all_;
  std::size_t max_each_;
  std::size_t all_{0};
  std::map<std::string, std::size_t> by_place_;
};

/// Being counted, for as long as it lives.
class Seat {
 public:
  /// Nothing where there are too many already. `address` as Peer has it.
  static std::optional<Seat> take(Census& census, const std::string& address);
  Seat(Seat&& other) noexcept;
  Seat& operator=(Seat&&) = delete;
  ~Seat();

 private:
  Seat(Census& census, std::string place) : census_{&census}, place_{std::move(place)} {}
  Census* census_;
  std::string place_;
};

}  // namespace lbx
