// SPDX-License-Identifier: MIT
#include "deliver/caller_lines.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"

namespace lbx::deliver {
namespace {

/// Other lines of that block: Postfix's, Exim's, OpenSMTPD's. They stay.
constexpr std::array<std::string_view, 5> kTrace{"Delivered-To", "Delivery-Date", "Envelope-To",
                                                 "X-Envelope-To", "X-Original-To"};

/// The octets of the first field with the lines that continue it; 0 where no line end is in sight.
std::size_t field_size(std::string_view text) {
  std::size_t end = 0;
  do {
    const std::size_t at = text.find('\n', end);
    if (at == std::string_view::npos) return 0;
    end = at + 1;
  } while (end < text.size() && ascii::is_blank(text[end]));
  return end;
}

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_trace(std::string_view name) {
  return std::ranges::any_of(
      kTrace, [name](std::string_view each) { return ascii::equal_fold(name, each); });
}

}  // namespace

std::string without_caller_lines(std::string_view head, std::string_view delivered_to) {
  if (head.starts_with("From ")) head.remove_prefix(std::min(head.find('\n') + 1, head.size()));

  std::string kept;
  for (bool ours = true;;) {
    const std::size_t size = field_size(head);
    const std::string_view field = without_line_end(head.substr(0, size));
    const std::string_view name = field.substr(0, field.find(':'));
    const bool return_path = ascii::equal_fold(name, "Return-Path");
    if (size == 0 || (!return_path && !is_trace(name))) break;

    const bool same = ours && ascii::equal_fold(field, without_line_end(delivered_to));
    if (same) ours = false;
    if (!same && !return_path) kept += head.substr(0, size);
    head.remove_prefix(size);
  }
  return kept += head;
}

}  // namespace lbx::deliver
