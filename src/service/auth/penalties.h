// SPDX-License-Identifier: MIT
// What failed logins cost: time. It grows with each failure from one address (IPv6: one /64, which
// is what one customer has) and, much less, with each failure for one name, so that nobody can lock
// somebody else out. Known and unknown names are treated alike. Failures are forgotten by half in
// each kHalfLife. The tables are bounded: what has not been touched for longest goes first.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>

namespace lbx::auth {

inline constexpr std::size_t kMaxPenalties = 65'536;  // of addresses, and of names
inline constexpr double kFreeFailures = 2;            // people mistype
inline constexpr int kAddressFactor = 16;             // the longest delay, in base delays
inline constexpr int kNameFactor = 2;
inline constexpr std::chrono::seconds kHalfLife{300};

using Time = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

/// One table: scores by key.
class ScoreTable {
 public:
  explicit ScoreTable(std::size_t limit) : limit_{limit} {}
  void add(const std::string& key, Time now);
  double score(const std::string& key, Time now) const;
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    double score;
    Time at;
    std::list<std::string>::iterator age;
  };
  std::size_t limit_;
  std::unordered_map<std::string, Entry> entries_;
  std::list<std::string> by_age_;  // the oldest first
};

class Penalties {
 public:
  /// `base`: what the first failure costs; 0: nothing costs anything.
  explicit Penalties(Millis base, std::size_t limit = kMaxPenalties)
      : base_{base}, addresses_{limit}, names_{limit} {}

  /// For how long to hold back the answer, right or wrong: otherwise whoever guesses would know a
  /// wrong one by its delay. Loopback is no address: all of a webmail server's users share it.
  Millis delay(const std::string& address, const std::string& name, Time now) const;
  /// What a wrong answer is held back for at least.
  Millis base() const { return base_; }
  void failed(const std::string& address, const std::string& name, Time now);

 private:
  Millis base_;
  ScoreTable addresses_;
  ScoreTable names_;
};

}  // namespace lbx::auth
