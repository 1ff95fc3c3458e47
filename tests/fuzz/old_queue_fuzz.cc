// SPDX-License-Identifier: MIT
// Any octets whatever as the files of an old queue: no crash; nothing that was written is lost but
// line ends between failures; lists of recipients come back as they were.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "queue/old_queue.h"
#include "support/require.h"

using namespace lbx::queue;

namespace {

std::size_t without_line_ends(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};

  std::size_t kept = 0;
  for (const OldFailure& each : parse_old_failures(text)) {
    kept += without_line_ends(each.report) + without_line_ends(each.address);
    kept += 3;  // what stands around an address
    lbx::require(each.address.find('\n') == std::string::npos);
    lbx::require(each.report.find("\n\n") == std::string::npos);
  }
  lbx::require(kept >= without_line_ends(text));

  const auto recipients = parse_old_recipients(text, Channel::Remote);
  if (recipients) {
    std::string again;
    for (const OldRecipient& each : *recipients) {
      ((again += each.done ? 'D' : 'T') += each.address) += '\0';
    }
    lbx::require(again == text);
  }

  const auto envelope = parse_old_envelope(text);
  lbx::require(!envelope || size == 0 || text.back() == '\0');
  static_cast<void>(parse_old_origin(text));
  return 0;
}
