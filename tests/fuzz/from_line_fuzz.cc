// SPDX-License-Identifier: MIT
// Any bytes whatever as a From_ line: no crash; a date is one that a From_ line can say, and what
// was read can be written and read back.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/ascii.h"
#include "core/mbox/from_line.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lbx;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto line = parse_from_line(text);
  if (!line) return 0;
  const bool dated = line->form == FromLine::Form::Dated || line->form == FromLine::Form::GitMagic;
  require(dated == line->date.has_value());
  if (!dated) return 0;

  const std::string written = format_from_line(line->sender, *line->date);
  require(written.ends_with('\n'));
  const auto again = parse_from_line(std::string_view{written}.substr(0, written.size() - 1));
  if (!again) {
    require(written.size() > kMaxFromLine);
    return 0;
  }
  require(again->date == line->date);
  const bool plain = line->sender.find_first_of(" \t\n<>") == std::string::npos;
  if (plain && !line->sender.empty()) require(again->sender == line->sender);
  return 0;
}
