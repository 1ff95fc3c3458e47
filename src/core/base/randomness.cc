// SPDX-License-Identifier: MIT
#include "core/base/randomness.h"

#include <uuid/uuid.h>

#include <cstring>

namespace lbx {

std::uint64_t SystemRandomness::bits64() {
  uuid_t uuid;
  ::uuid_generate_random(uuid);
  // Octets 6 and 8 of a random UUID hold its version and variant (RFC 4122 section 4.4).
  std::uint32_t head = 0;
  std::uint32_t tail = 0;
  std::memcpy(&head, uuid, sizeof head);
  std::memcpy(&tail, uuid + 12, sizeof tail);
  return (std::uint64_t{head} << 32U) | tail;
}

}  // namespace lbx
