// SPDX-License-Identifier: MIT
// Any datagram whatever as an administrator's word: no crash; what was read is written back as
// datagrams of the size allowed that mean the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/datagram.h"
#include "core/wire/queue_control.h"
#include "support/require.h"

using namespace lbx::wire;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  for (const Counter& each : read_counters(text)) lbx::require(!each.name.empty());

  const auto request = read_change(text);
  if (!request) return 0;
  ChangeRequest again;
  for (const std::string& each :
       encode_change(request->change, request->text, request->recipients)) {
    lbx::require(each.size() <= kMaxDatagram);
    const auto part = read_change(each);
    lbx::require(part.has_value() && part->change == request->change);
    lbx::require(part->text.size() == request->text.size());
    again.recipients.insert(again.recipients.end(), part->recipients.begin(),
                            part->recipients.end());
  }
  lbx::require(again.recipients == request->recipients);
  return 0;
}
