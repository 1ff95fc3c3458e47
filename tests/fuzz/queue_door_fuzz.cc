// SPDX-License-Identifier: MIT
// Any bytes as the datagrams of an envelope, one a line: whatever is taken for an envelope is
// within its limits, holds no NUL, and reads back the same when it is written again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/datagram.h"
#include "core/wire/queue_door.h"
#include "support/require.h"

using namespace lbx;

namespace {

void check(const wire::DoorEnvelope& envelope) {
  require(envelope.sender.size() <= wire::kMaxDoorAddress);
  require(envelope.sender.find('\0') == std::string::npos);
  for (const wire::DoorRecipient& each : envelope.recipients) {
    require(each.address.size() <= wire::kMaxDoorAddress);
    require(each.address.find('\0') == std::string::npos);
    require(each.original.size() <= wire::kMaxDoorText);
  }
  wire::EnvelopeReader again;
  bool whole = false;
  for (const std::string& each : wire::encode(envelope)) {
    require(!whole && each.size() <= wire::kMaxDatagram);
    const Result<bool> fed = again.feed(each);
    require(fed.has_value());
    whole = *fed;
  }
  require(whole && again.take() == envelope);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  wire::EnvelopeReader reader;
  while (!bytes.empty()) {
    const std::string_view datagram = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(datagram.size() + 1, bytes.size()));
    const Result<bool> fed = reader.feed(datagram);
    if (!fed) return 0;
    if (*fed) check(reader.take());
  }
  return 0;
}
