// SPDX-License-Identifier: MIT
// Any bytes as a header: the fields do not depend on how the bytes were split into chunks, and none
// is larger than the limit.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/message/header.h"
#include "support/require.h"

namespace {

lbx::HeaderReader read(std::string_view text, std::size_t chunk) {
  lbx::HeaderReader reader;
  while (!text.empty() && reader.feed(text.substr(0, chunk))) {
    text.remove_prefix(std::min(chunk, text.size()));
  }
  reader.finish();
  return reader;
}

bool same(const lbx::HeaderField& a, const lbx::HeaderField& b) {
  return a.name == b.name && a.value == b.value && a.cut == b.cut;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const lbx::HeaderReader whole = read(text.substr(1), size);
  const lbx::HeaderReader pieces = read(text.substr(1), 1U + data[0] % 16U);

  lbx::require(whole.fields().size() == pieces.fields().size());
  for (std::size_t i = 0; i < whole.fields().size(); ++i) {
    const lbx::HeaderField& field = whole.fields()[i];
    lbx::require(same(field, pieces.fields()[i]));
    lbx::require(!field.name.empty() && field.value.size() <= lbx::kMaxKeptField);
    lbx::require(field.value.find('\n') == std::string::npos);
  }
  return 0;
}
