// SPDX-License-Identifier: MIT
// Any bytes whatever between a front and letterbox-authd: no crash, and what was read can be
// written and read back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/auth/protocol.h"
#include "support/require.h"

using namespace lbx::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto request = parse_request(text)) {
    const auto again = parse_request(encode(*request));
    lbx::require(again && *again == *request);
  }
  if (const auto reply = parse_reply(text)) {
    const auto again = parse_reply(encode(*reply));
    lbx::require(again && *again == *reply);
  }
  return 0;
}
