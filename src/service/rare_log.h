// SPDX-License-Identifier: MIT
// Log lines that a peer can cause at will: of one kind and from one place one a minute, with the
// number of those that were left out since. Used by several threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace lbx {

class RareLog {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kInterval{60};
  static constexpr std::size_t kMaxKeys = 4096;  // when there are more, all are forgotten

  /// Whether a line about `key` shall be written now; the value is how many were not since the last
  /// one.
  std::optional<std::size_t> due(const std::string& key, Time now);

 private:
  struct Entry {
    Time written;
    std::size_t left_out{0};
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

}  // namespace lbx
