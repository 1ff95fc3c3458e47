// SPDX-License-Identifier: MIT
#include "service/census.h"

#include <utility>

#include "core/wire/place.h"

namespace lbx {

bool Census::enter(const std::string& place) {
  const std::lock_guard lock{mutex_};
  const auto here = by_place_.find(place);
  if (all_ >= max_all_) return false;
  if (here != by_place_.end() && here->second >= max_each_) return false;
  ++all_;
  ++by_place_[place];
  return true;
}

void Census::leave(const std::string& place) {
  const std::lock_guard lock{mutex_};
  --all_;
  const auto here = by_place_.find(place);
  if (--here->second == 0) by_place_.erase(here);
}

std::optional<Seat> Seat::take(Census& census, const std::string& address) {
  std::string place = place_of(address);
  if (place.empty()) place = address;  // a user of this host
  if (!census.enter(place)) return std::nullopt;
  return Seat{census, std::move(place)};
}

Seat::Seat(Seat&& other) noexcept
    : census_{std::exchange(other.census_, nullptr)}, place_{std::move(other.place_)} {}

Seat::~Seat() {
  if (census_ != nullptr) census_->leave(place_);
}

}  // namespace lbx
