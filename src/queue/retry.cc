// SPDX-License-Identifier: MIT
#include "queue/retry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lbx::queue {
namespace {

/// Ages beyond this are one (a clock that was far off): the square stays within 64 bits.
constexpr std::int64_t kOldest = std::int64_t{1} << 40U;

std::int64_t age_of(std::int64_t born, std::int64_t now) {
  if (now <= born) return 0;
  if (born < 0 && now > std::numeric_limits<std::int64_t>::max() + born) return kOldest;
  return std::min(now - born, kOldest);
}

std::int64_t integer_root(std::int64_t value) {
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(value)));
  while (root * root > value) --root;
  while ((root + 1) * (root + 1) <= value) ++root;
  return root;
}

}  // namespace

std::int64_t next_attempt(std::int64_t born, std::int64_t now, std::int64_t step) {
  const std::int64_t age = age_of(born, now);
  const std::int64_t root = integer_root(age) + step;
  // Counted from now, so that a birth in the future does not put the next attempt there, too.
  return now + std::max<std::int64_t>(root * root - age, 1);
}

bool is_last_attempt(std::int64_t born, std::int64_t now, std::int64_t lifetime) {
  return age_of(born, now) > lifetime;
}

}  // namespace lbx::queue
