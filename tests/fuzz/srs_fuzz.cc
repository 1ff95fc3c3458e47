// SPDX-License-Identifier: MIT
// Any octets as a sender and as a rewritten address: no crash; a sender that is rewritten comes
// back, at the first host and at the second one; what somebody made up never does.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/message/srs.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{data, data + size};
  const lbx::Instant now{1'700'000'000, 0};
  const lbx::Srs first{"one.example", {"secret"}, 21};
  const lbx::Srs second{"two.example", {"other"}, 21};

  const auto there = lbx::srs_forward(first, text, now);
  if (there && *there != text) {
    const auto back = lbx::srs_reverse(first, *there, now);
    // A sender that only looks rewritten comes back as SRS0 whatever separator it had.
    lbx::require(back && (*back == text || lbx::is_srs(text)));
    const auto further = lbx::srs_forward(second, *there, now);
    if (further) {
      const auto halfway = lbx::srs_reverse(second, *further, now);
      lbx::require(halfway.has_value());
      lbx::require(*halfway == *there || there->starts_with("SRS1="));
    }
  }
  const auto made_up = lbx::srs_reverse({"one.example", {std::string(32, 'k')}, 21}, text, now);
  lbx::require(!made_up || text.size() > 13);
  return 0;
}
