// SPDX-License-Identifier: MIT
// Any bytes as X-Gmail-Labels: no crash; every label is UTF-8 and none is empty; labels that are
// written plainly, each in quotation marks, are read back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/utf8.h"
#include "core/mbox/gmail_labels.h"
#include "support/require.h"

using namespace lbx;

namespace {

std::string quoted(std::string_view label) {
  std::string out{'"'};
  for (const char c : label) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto labels = parse_gmail_labels(text);
  if (!labels) return 0;
  std::string again;
  for (const std::string& each : labels->own) {
    require(!each.empty() && utf8::is_valid(each));
    if (!again.empty()) again += ',';
    again += quoted(each);
  }
  for (const std::string& each : labels->keywords) require(!each.empty());
  if (again.find("=?") != std::string::npos) return 0;  // what an encoded word said can be one
  require(parse_gmail_labels(again)->own == labels->own);
  return 0;
}
