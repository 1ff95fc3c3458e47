// SPDX-License-Identifier: MIT
#include "core/maildir/dovecot_uidlist.h"

#include <algorithm>
#include <vector>

#include "core/base/ascii.h"
#include "core/maildir/server_lines.h"

namespace lbx {
namespace {

constexpr std::size_t kGuidDigits = 32;

bool is_guid(std::string_view text) {
  return text.size() == kGuidDigits && std::ranges::all_of(text, [](char c) {
           return ascii::is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

void read_field(std::string_view field, UidlistEntry& entry) {
  const std::string_view value = field.substr(1);
  switch (field.front()) {
    case 'G':
      entry.guid = value;
      break;
    case 'P':
      entry.pop3_id = value;
      break;
    case 'O':
      entry.pop3_order = parse_uid(value);
      break;
    case 'W':
      entry.wire_octets = ascii::parse_number(value);
      break;
    case 'S':
      entry.octets = ascii::parse_number(value);
      break;
    default:  // of a later version
      break;
  }
}

/// "UID[ FIELD]... :NAME", or of version 1 "UID NAME".
std::optional<UidlistEntry> read_entry(std::string_view line, bool fields) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto uid = parse_uid(line.substr(0, blank));
  if (!uid) return std::nullopt;
  UidlistEntry entry{*uid, {}, {}, {}, {}, {}, {}};
  line.remove_prefix(blank + 1);
  while (fields && !line.starts_with(':')) {
    const std::size_t end = line.find(' ');
    if (end == std::string_view::npos) return std::nullopt;
    if (end > 0) read_field(line.substr(0, end), entry);
    line.remove_prefix(end + 1);
  }
  entry.base = base_of(fields ? line.substr(1) : line);
  if (entry.base.empty()) return std::nullopt;
  return entry;
}

}  // namespace

std::optional<UidlistReader> UidlistReader::open(std::string_view text) {
  UidlistReader reader{text};
  const std::string_view head = take_line(reader.rest_);
  const std::vector<std::string_view> words = ascii::split(head, ' ');
  UidlistHeader& header = reader.header_;
  if (words[0] == "1" && words.size() > 2) {
    reader.fields_ = false;
    header.validity = parse_uid(words[1]).value_or(0);
    header.next = parse_uid(words[2]).value_or(1);
  } else if (words[0] == "3") {
    for (const std::string_view word : words) {
      const std::string_view value = word.substr(std::min<std::size_t>(1, word.size()));
      if (word.starts_with('V')) header.validity = parse_uid(value).value_or(0);
      if (word.starts_with('N')) header.next = parse_uid(value).value_or(1);
      if (word.starts_with('G') && is_guid(value)) header.guid = value;
    }
  }
  if (header.validity == 0) return std::nullopt;
  return reader;
}

std::optional<UidlistEntry> UidlistReader::next() {
  while (!rest_.empty()) {
    if (auto entry = read_entry(take_line(rest_), fields_)) return entry;
  }
  return std::nullopt;
}

std::string to_line(const UidlistHeader& header) {
  std::string line = "3 V" + std::to_string(header.validity) + " N" + std::to_string(header.next);
  if (!header.guid.empty()) line += " G" + header.guid;
  return line + '\n';
}

std::string to_line(const UidlistEntry& entry) {
  std::string line = std::to_string(entry.uid);
  if (!entry.guid.empty()) line.append(" G").append(entry.guid);
  if (!entry.pop3_id.empty()) line.append(" P").append(entry.pop3_id);
  if (entry.pop3_order) line += " O" + std::to_string(*entry.pop3_order);
  if (entry.wire_octets) line += " W" + std::to_string(*entry.wire_octets);
  if (entry.octets) line += " S" + std::to_string(*entry.octets);
  return line.append(" :").append(entry.base) + '\n';
}

}  // namespace lbx
