// SPDX-License-Identifier: MIT
// Any bytes whatever as a message between the processes of letterbox-pop3d: no crash, and what was
// read can be written and read back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/pop3/handover.h"
#include "support/require.h"

using namespace lbx::pop3;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto message = parse_front_message(text)) {
    const auto again = parse_front_message(encode(*message));
    lbx::require(again && *again == *message);
  }
  if (const auto order = parse_open_order(text)) {
    const auto again = parse_open_order(encode(*order));
    lbx::require(again && *again == *order);
  }
  if (const auto message = parse_spawner_message(text)) {
    const auto again = parse_spawner_message(encode(*message));
    lbx::require(again && *again == *message);
  }
  return 0;
}
