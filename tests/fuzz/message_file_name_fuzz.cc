// SPDX-License-Identifier: MIT
// Any bytes as the name of a file in a Maildir: accepted names come back as they were, flags are
// in order, and a host name of any bytes makes a name that is accepted and fits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/maildir/unique_name.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const lbx::Result<lbx::MessageFileName> name = lbx::MessageFileName::parse(text);
  if (name) {
    lbx::require(name->str() == text);
    const std::string flags = name->flags().str();
    lbx::require(std::ranges::is_sorted(flags));
    lbx::require(lbx::MaildirFlags{flags} == name->flags());
  }

  const lbx::UniqueName::Seed seed{{1'700'000'000, 999'999}, 4'194'304, size, text};
  const lbx::UniqueName ours = lbx::UniqueName::make(seed, size, size * 2);
  lbx::require(ours.str().size() <= lbx::kMaxBaseName);
  lbx::require(ours.stored_octets() == size && ours.wire_octets() == size * 2);
  const lbx::Result<lbx::UniqueName> again = lbx::UniqueName::parse(ours.str());
  lbx::require(again && *again == ours);
  return 0;
}
