// SPDX-License-Identifier: MIT
#include "inject/notification.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"

namespace lbx::inject {
namespace {

constexpr std::size_t kMaxEnvelopeId = 100;

}  // namespace

bool is_notify(std::string_view text) {
  if (ascii::equal_fold(text, "never")) return true;
  static constexpr std::array<std::string_view, 3> kWords{"success", "failure", "delay"};
  return std::ranges::all_of(ascii::split(text, ','), [](std::string_view word) {
    return std::ranges::any_of(
        kWords, [word](std::string_view each) { return ascii::equal_fold(each, word); });
  });
}

bool is_return(std::string_view text) {
  return ascii::equal_fold(text, "full") || ascii::equal_fold(text, "hdrs");
}

bool is_envelope_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEnvelopeId &&
         std::ranges::all_of(text, ascii::is_graph);
}

}  // namespace lbx::inject
