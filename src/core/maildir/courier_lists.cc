// SPDX-License-Identifier: MIT
#include "core/maildir/courier_lists.h"

#include "core/base/ascii.h"
#include "core/maildir/server_lines.h"
#include "core/message/server_ids.h"

namespace lbx {

std::optional<CourierUidReader> CourierUidReader::open(std::string_view text) {
  CourierUidReader reader{text};
  const std::vector<std::string_view> words = ascii::split(take_line(reader.rest_), ' ');
  if (words.size() < 3 || words[0] != "1") return std::nullopt;
  const auto validity = parse_uid(words[1]);
  if (!validity) return std::nullopt;
  reader.validity_ = *validity;
  reader.next_uid_ = parse_uid(words[2]).value_or(1);
  return reader;
}

std::optional<CourierUidReader::Entry> CourierUidReader::next() {
  while (!rest_.empty()) {
    const std::string_view line = take_line(rest_);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto uid = parse_uid(line.substr(0, blank));
    const std::string_view base = base_of(line.substr(blank + 1));
    if (uid && !base.empty()) return Entry{*uid, base};
  }
  return std::nullopt;
}

std::optional<CourierPop3Reader> CourierPop3Reader::open(std::string_view text) {
  if (!text.starts_with("/2 ") && !text.starts_with("/3 ")) return std::nullopt;
  take_line(text);
  return CourierPop3Reader{text};
}

// A file name may hold blanks, so lines are read from their ends.
std::optional<CourierPop3Reader::Entry> CourierPop3Reader::next() {
  while (!rest_.empty()) {
    const std::string_view line = take_line(rest_);
    const std::size_t last = line.rfind(' ');
    if (last == std::string_view::npos || last == 0) continue;
    const std::size_t before = line.rfind(' ', last - 1);
    if (before == std::string_view::npos) continue;
    const std::vector<std::string_view> parts = ascii::split(line.substr(last + 1), ':');
    if (parts.size() < 2) continue;
    const auto number = ascii::parse_number(parts[0]);
    if (!number || *number == 0 || !ascii::parse_number(parts[1])) continue;
    const std::string_view base = base_of(line.substr(0, before));
    if (base.empty()) continue;
    return Entry{base, "UID" + std::string{parts[0]} + '-' + std::string{parts[1]}};
  }
  return std::nullopt;
}

void for_each_courier_keywords(
    std::string_view list,
    const std::function<void(std::string_view base, const std::vector<std::string_view>& names)>&
        visit) {
  std::vector<std::string_view> names;
  for (std::string_view line = take_line(list); !line.empty(); line = take_line(list)) {
    names.push_back(line);
  }
  while (!list.empty()) {
    const std::string_view line = take_line(list);
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    std::vector<std::string_view> own;
    for (const std::string_view word : ascii::split(line.substr(colon + 1), ' ')) {
      const auto number = ascii::parse_number(word);
      if (number && *number < names.size()) own.push_back(names[*number]);
    }
    if (!own.empty()) visit(base_of(line.substr(0, colon)), own);
  }
}

}  // namespace lbx
