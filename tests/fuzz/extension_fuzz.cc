// SPDX-License-Identifier: MIT
// Any bytes as dash and extension: every candidate begins with ".qmail" and the dash, has no dot
// and no capital letter of the sender's, no slash that he did not write; the last one is the
// catch-all; each DEFAULT is the end of the extension as it was sent.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/dotqmail/lookup.h"
#include "support/require.h"

using namespace lbx::dotqmail;

namespace {

constexpr std::string_view kStem = ".qmail";

void check(const Candidate& candidate, std::string_view dash, std::string_view ext) {
  const std::string start = std::string{kStem} + std::string{dash};
  lbx::require(candidate.path.starts_with(start));
  const std::string_view rest = std::string_view{candidate.path}.substr(start.size());
  lbx::require(rest.find('.') == rest.npos);
  lbx::require(std::ranges::none_of(rest, [](char c) { return c >= 'A' && c <= 'Z'; }));
  lbx::require(std::ranges::count(rest, '/') <= std::ranges::count(ext, '/'));
  if (candidate.default_part) lbx::require(ext.ends_with(*candidate.default_part));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::string_view dash = text.substr(0, std::min<std::size_t>(size, size % 3));
  const std::string_view ext = text.substr(dash.size());

  const auto found = candidates(dash, ext);
  lbx::require(found.has_value() == (ext.size() <= kMaxExtension));
  if (!found) return 0;
  for (const Candidate& each : *found) check(each, dash, ext);

  const auto hyphens = static_cast<std::size_t>(std::ranges::count(ext, '-'));
  lbx::require(found->size() == hyphens + 2);
  lbx::require(found->front().path == std::string{kStem} + std::string{dash} + safe_extension(ext));
  lbx::require(found->back().path == std::string{kStem} + std::string{dash} + "default");
  lbx::require(found->back().default_part == ext);
  return 0;
}
