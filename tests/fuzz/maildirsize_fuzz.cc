// SPDX-License-Identifier: MIT
// Any bytes as a maildirsize or a quota setting: what was read can be written and read back; a
// file that is believed has lines that are whole; one line more changes the sum by just that.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/maildir/maildirsize.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  lbx::Maildirsize read = lbx::Maildirsize::parse(text);
  if (!read.broken) {
    lbx::require(read.limit_known && read.lines > 0 && text.ends_with('\n'));
    lbx::require(text.size() <= lbx::kMaxMaildirsize);
    const std::string longer = text + lbx::maildirsize_line({1, 1}, 1);
    const lbx::Maildirsize more = lbx::Maildirsize::parse(longer);
    constexpr std::uint64_t kMost = INT64_MAX;
    if (longer.size() <= lbx::kMaxMaildirsize && read.usage.octets < kMost &&
        read.usage.messages < kMost) {
      lbx::require(!more.broken && more.lines == read.lines + 1);
      lbx::require(more.usage.octets == read.usage.octets + 1);
      lbx::require(more.usage.messages == read.usage.messages + 1);
    }
    read.lines = 1;
    lbx::require(lbx::Maildirsize::parse(read.str()) == read);
  }

  const lbx::Result<lbx::QuotaLimit> limit = lbx::QuotaLimit::parse(text);
  if (limit) {
    const lbx::Result<lbx::QuotaLimit> again = lbx::QuotaLimit::parse(limit->str());
    lbx::require(again && *again == *limit);
    lbx::require(limit->has_room({}, 1));  // a limit that is there is not nothing
  }
  return 0;
}
