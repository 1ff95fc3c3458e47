// SPDX-License-Identifier: MIT
// Any bytes whatever as a .qmail file: no crash; what was read can be written and read back, as a
// whole and line by line; and Permit::ForwardOnly lets nothing through but forwarding, and stops no
// later than everything else does.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/dotqmail/dotqmail.h"
#include "support/require.h"

using namespace lbx::dotqmail;

namespace {

void check_line(const Instruction& instruction) {
  const auto again = parse(to_line(instruction), Permit::Everything);
  lbx::require(again && again->steps.size() == 1 && !again->fault);
  lbx::require(again->steps.front().instruction == instruction);
}

void check_forwards(const Script& all, const Script& forwards) {
  lbx::require(forwards.steps.size() <= all.steps.size());
  for (std::size_t i = 0; i < forwards.steps.size(); ++i) {
    lbx::require(forwards.steps[i] == all.steps[i]);
    const auto& instruction = forwards.steps[i].instruction;
    lbx::require(!instruction || std::holds_alternative<ToAddress>(*instruction));
  }
  // What stops it is a mistake; without one, nothing is left out.
  lbx::require(forwards.fault || forwards == all);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto all = parse(text, Permit::Everything);
  const auto forwards = parse(text, Permit::ForwardOnly);
  if (!all || !forwards) return 0;  // more than kMaxLines

  const auto again = parse(to_string(*all), Permit::Everything);
  lbx::require(again && *again == *all);
  for (const Step& step : all->steps) {
    if (step.instruction) check_line(*step.instruction);
  }
  check_forwards(*all, *forwards);
  return 0;
}
