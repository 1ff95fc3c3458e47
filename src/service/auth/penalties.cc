// SPDX-License-Identifier: MIT
#include "service/auth/penalties.h"

#include <algorithm>
#include <cmath>

#include "core/wire/place.h"

namespace lbx::auth {
namespace {

double decayed(double score, std::chrono::steady_clock::duration passed) {
  const double halves = passed / std::chrono::duration<double>{kHalfLife};
  return score * std::exp2(-halves);
}

/// 0 for the free ones, then 1, 2, 4 … up to `most`.
int factor(double score, int most) {
  if (score < kFreeFailures) return 0;
  const double doubled = std::exp2(std::min(score - kFreeFailures, 16.0));
  return std::min(static_cast<int>(doubled), most);
}

/// Loopback is no place: all of a webmail server's users share it.
std::string guesser(const std::string& address) {
  return is_loopback(address) ? "" : place_of(address);
}

}  // namespace

void ScoreTable::add(const std::string& key, Time now) {
  const double before = score(key, now);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    by_age_.splice(by_age_.end(), by_age_, found->second.age);
    found->second.score = before + 1;
    found->second.at = now;
    return;
  }
  if (entries_.size() >= limit_) {
    entries_.erase(by_age_.front());
    by_age_.pop_front();
  }
  entries_.emplace(key, Entry{1, now, by_age_.insert(by_age_.end(), key)});
}

double ScoreTable::score(const std::string& key, Time now) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? 0 : decayed(found->second.score, now - found->second.at);
}

Millis Penalties::delay(const std::string& address, const std::string& name, Time now) const {
  const std::string place = guesser(address);
  const double at_place = place.empty() ? 0 : addresses_.score(place, now);
  const int by_place = factor(at_place, kAddressFactor);
  const int by_name = factor(names_.score(name, now), kNameFactor);
  return base_ * std::max(by_place, by_name);
}

void Penalties::failed(const std::string& address, const std::string& name, Time now) {
  const std::string place = guesser(address);
  if (!place.empty()) addresses_.add(place, now);
  if (!name.empty()) names_.add(name, now);
}

}  // namespace lbx::auth
