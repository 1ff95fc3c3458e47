// SPDX-License-Identifier: MIT
#include "core/maildir/courier_lists.h"

#include "core/base/ascii.h"
#include "core/maildir/server_lines.h"
#include "core/message/server_ids.h"

namespace lbx {
namespace {

constexpr std::string_view kIdMark = "UID";

std::optional<CourierPop3Id> make_id(std::string_view number, std::string_view validity) {
  const auto first = parse_uid(number);
  const auto second = ascii::parse_number(validity);
  if (!first || !second || *second > UINT32_MAX) return std::nullopt;
  return CourierPop3Id{*first, static_cast<std::uint32_t>(*second)};
}

}  // namespace

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

std::string courier_uid_head(std::uint32_t validity, std::uint32_t next) {
  return "1 " + std::to_string(validity) + ' ' + std::to_string(next) + '\n';
}

std::string courier_uid_line(std::uint32_t uid, std::string_view base) {
  return (std::to_string(uid) + ' ').append(base) + '\n';
}

std::optional<CourierPop3Id> CourierPop3Id::parse(std::string_view text) {
  if (!text.starts_with(kIdMark)) return std::nullopt;
  text.remove_prefix(kIdMark.size());
  const std::size_t dash = text.find('-');
  const bool alone = dash == std::string_view::npos;
  const auto id = make_id(text.substr(0, dash), alone ? "0" : text.substr(dash + 1));
  // Only what is written as Courier writes it comes out again as it was.
  if (!id || id->str() != std::string{kIdMark}.append(text)) return std::nullopt;
  return id;
}

std::string CourierPop3Id::str() const {
  const std::string id = std::string{kIdMark} + std::to_string(number);
  return validity == 0 ? id : id + '-' + std::to_string(validity);
}

std::optional<CourierPop3Reader> CourierPop3Reader::open(std::string_view text) {
  if (!text.starts_with("/2 ") && !text.starts_with("/3 ")) return std::nullopt;
  const std::vector<std::string_view> words = ascii::split(take_line(text), ' ');
  CourierPop3Reader reader{text};
  reader.next_number_ = parse_uid(words[1]).value_or(1);
  if (words.size() > 2) reader.validity_ = parse_uid(words[2]).value_or(0);
  return reader;
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
    const auto id = make_id(parts[0], parts[1]);
    const auto octets = ascii::parse_number(line.substr(before + 1, last - before - 1));
    const std::string_view base = base_of(line.substr(0, before));
    if (!id || !octets || base.empty()) continue;
    return Entry{base, *id, *octets};
  }
  return std::nullopt;
}

std::string courier_pop3_head(std::uint32_t next, std::uint32_t validity) {
  return "/2 " + std::to_string(next) + ' ' + std::to_string(validity) + '\n';
}

std::string courier_pop3_line(const CourierPop3Reader::Entry& entry) {
  // Courier compares up to the colon, and only where there is one.
  return std::string{entry.base} + ":2, " + std::to_string(entry.octets) + ' ' +
         std::to_string(entry.id.number) + ':' + std::to_string(entry.id.validity) + '\n';
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

std::string courier_keywords_head(const std::vector<std::string>& names) {
  std::string head;
  for (const std::string& each : names) head += each + '\n';
  return head + '\n';
}

std::string courier_keywords_line(std::string_view base, const std::vector<std::size_t>& numbers) {
  std::string line{base};
  char before = ':';
  for (const std::size_t each : numbers) {
    line += before + std::to_string(each);
    before = ' ';
  }
  return line + '\n';
}

}  // namespace lbx
