// SPDX-License-Identifier: MIT
#include "pop3d/imports.h"

#include <algorithm>
#include <optional>

#include "core/base/ascii.h"
#include "core/base/digest.h"
#include "core/maildir/courier_lists.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/message/server_ids.h"

namespace lbx::pop3d {
namespace {

constexpr std::size_t kMaxWidth = 64;

std::string to_case(std::string_view text, bool upper) {
  std::string out = ascii::to_lower(text);
  if (!upper) return out;
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

std::string hexadecimal(std::uint64_t value) {
  const std::string digits = ascii::to_hex(value, 16);
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

/// Dovecot's %-variables: '%', flags and a width, modifiers, the letter of the variable.
class UidlFormat {
 public:
  UidlFormat(std::string_view format, std::uint64_t validity)
      : format_{format}, validity_{validity} {}

  /// Nothing where the format asks for what we do not have.
  std::optional<std::string> id_of(const UidlistEntry& message) {
    std::string id;
    for (at_ = 0; at_ < format_.size(); ++at_) {
      if (format_[at_] != '%') {
        id += format_[at_];
        continue;
      }
      ++at_;
      const std::optional<std::string> value = variable(message);
      if (!value) return std::nullopt;
      id += *value;
    }
    return id;
  }

 private:
  char here() const { return at_ < format_.size() ? format_[at_] : '\0'; }

  std::optional<std::string> variable(const UidlistEntry& message) {
    bool zeros = false;
    std::size_t width = 0;
    while (here() == '-') ++at_;
    for (; ascii::is_digit(here()); ++at_) {
      if (here() == '0' && width == 0) zeros = true;
      width = std::min(width * 10 + static_cast<std::size_t>(here() - '0'), kMaxWidth);
    }
    std::string modifiers;
    for (; std::string_view{"XLUM"}.find(here()) != std::string_view::npos; ++at_) {
      if (here() == '\0') break;
      modifiers += here();
    }
    std::optional<std::string> value = plain(message);
    if (value) modify(*value, modifiers);
    if (value && width > 0) pad_or_cut(*value, zeros, width, modifiers);
    return value;
  }

  std::optional<std::string> plain(const UidlistEntry& message) const {
    switch (here()) {
      case '%':
        return "%";
      case 'u':
        return std::to_string(message.uid);
      case 'v':
        return std::to_string(validity_);
      case 'f':
        return std::string{message.base};
      case 'g':
        return std::string{message.guid.empty() ? message.base : message.guid};
      default:
        return std::nullopt;
    }
  }

  static void modify(std::string& value, std::string_view modifiers) {
    for (const char each : modifiers) {
      if (each == 'X') value = hexadecimal(ascii::parse_number(value).value_or(0));
      if (each == 'M') value = md5_hex(value);
      if (each == 'L' || each == 'U') value = to_case(value, each == 'U');
    }
  }

  static void pad_or_cut(std::string& value, bool zeros, std::size_t width,
                         std::string_view modifiers) {
    const bool hex = modifiers.find('X') != modifiers.npos;
    if (zeros && value.size() < width) value.insert(0, width - value.size(), '0');
    if (!zeros && !hex && value.size() > width) value.resize(width);
  }

  std::string_view format_;
  std::uint64_t validity_;
  std::size_t at_{0};
};

void keep(std::vector<ImportedId>& ids, std::string_view base, std::string id) {
  if (is_pop3_id(id)) ids.push_back({std::string{base}, std::move(id)});
}

}  // namespace

std::vector<ImportedId> ids_of_dovecot(std::string_view uidlist, std::string_view format) {
  std::vector<ImportedId> ids;
  std::optional<UidlistReader> reader = UidlistReader::open(uidlist);
  if (!reader) return ids;
  UidlFormat uidl{format, reader->header().validity};
  while (const std::optional<UidlistEntry> message = reader->next()) {
    if (!message->pop3_id.empty()) {
      keep(ids, message->base, std::string{message->pop3_id});
    } else if (std::optional<std::string> id = uidl.id_of(*message)) {
      keep(ids, message->base, std::move(*id));
    }
  }
  return ids;
}

std::vector<ImportedId> ids_of_courier(std::string_view sizelist) {
  std::vector<ImportedId> ids;
  std::optional<CourierPop3Reader> reader = CourierPop3Reader::open(sizelist);
  if (!reader) return ids;
  while (const std::optional<CourierPop3Reader::Entry> message = reader->next()) {
    keep(ids, message->base, message->id.str());
  }
  return ids;
}

}  // namespace lbx::pop3d
