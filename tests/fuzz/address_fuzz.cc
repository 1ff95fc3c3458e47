// SPDX-License-Identifier: MIT
// Any bytes as an address: what was read can be written and read back, and a quoted sender never
// breaks out of its line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/message/address.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const lbx::Result<lbx::Address> address = lbx::Address::parse(text);
  if (address) {
    const lbx::Result<lbx::Address> again = lbx::Address::parse(address->str());
    lbx::require(again && *again == *address);
    lbx::require(!address->local().empty() && !address->domain().empty());
    lbx::require(address->str().size() <= lbx::kMaxAddress);
  } else {
    lbx::require(address.error().retry == lbx::Retry::Never);
  }
  lbx::require(lbx::quote_sender(text).size() <= 2 * size + 2);
  return 0;
}
