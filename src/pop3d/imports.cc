// SPDX-License-Identifier: MIT
#include "pop3d/imports.h"

#include <algorithm>
#include <optional>

#include "core/base/ascii.h"
#include "core/base/digest.h"

namespace lbx::pop3d {
namespace {

constexpr std::size_t kMaxId = 70;
constexpr std::size_t kMaxWidth = 64;

/// Takes the next line off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view base_of(std::string_view file_name) {
  return file_name.substr(0, file_name.find(':'));
}

/// The number behind the first word that begins with `letter`.
std::optional<std::uint64_t> number_behind(char letter, std::string_view line) {
  for (const std::string_view word : ascii::split(line, ' ')) {
    if (word.starts_with(letter)) return ascii::parse_number(word.substr(1));
  }
  return std::nullopt;
}

struct DovecotMessage {
  std::uint64_t uid;
  std::string_view base;
  std::string_view guid;   // "G": where it is not the base name
  std::string_view saved;  // "P": the id, where Dovecot has kept it
};

std::optional<DovecotMessage> dovecot_line(std::string_view line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::optional<std::uint64_t> uid = ascii::parse_number(line.substr(0, blank));
  if (!uid || blank == line.size()) return std::nullopt;
  DovecotMessage message{*uid, {}, {}, {}};
  line.remove_prefix(blank + 1);
  while (!line.empty() && line.front() != ':') {
    const std::string_view field = line.substr(0, line.find(' '));
    if (field.size() == line.size()) return std::nullopt;
    if (field.starts_with('G')) message.guid = field.substr(1);
    if (field.starts_with('P')) message.saved = field.substr(1);
    line.remove_prefix(field.size() + 1);
  }
  if (line.empty()) return std::nullopt;
  message.base = base_of(line.substr(1));
  return message;
}

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
  std::optional<std::string> id_of(const DovecotMessage& message) {
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

  std::optional<std::string> variable(const DovecotMessage& message) {
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

  std::optional<std::string> plain(const DovecotMessage& message) const {
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
  if (!base.empty() && is_id(id)) ids.push_back({std::string{base}, std::move(id)});
}

}  // namespace

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxId && std::ranges::all_of(text, &ascii::is_graph);
}

std::vector<ImportedId> ids_of_dovecot(std::string_view uidlist, std::string_view format) {
  const std::string_view head = take_line(uidlist);
  const std::vector<std::string_view> words = ascii::split(head, ' ');
  std::optional<std::uint64_t> validity;
  if (words[0] == "3") validity = number_behind('V', head);
  if (words[0] == "1" && words.size() > 1) validity = ascii::parse_number(words[1]);
  if (!validity) return {};
  const bool old = words[0] == "1";  // "UID NAME", without a colon in front of the name

  std::vector<ImportedId> ids;
  UidlFormat uidl{format, *validity};
  while (!uidlist.empty()) {
    const std::string_view line = take_line(uidlist);
    std::optional<DovecotMessage> message;
    if (!old) {
      message = dovecot_line(line);
    } else if (const auto uid = ascii::parse_number(line.substr(0, line.find(' ')))) {
      const std::size_t name = std::min(line.find(' '), line.size() - 1) + 1;
      message = DovecotMessage{*uid, base_of(line.substr(name)), {}, {}};
    }
    if (!message) continue;
    if (!message->saved.empty()) {
      keep(ids, message->base, std::string{message->saved});
    } else if (std::optional<std::string> id = uidl.id_of(*message)) {
      keep(ids, message->base, std::move(*id));
    }
  }
  return ids;
}

// "/3 NEXT VALIDITY", then "FILE SIZE NUMBER:VALIDITY:FLAG"; version 2 has no flag. The id is
// "UIDnumber-validity". A file name may hold blanks, so lines are read from their ends.
std::vector<ImportedId> ids_of_courier(std::string_view sizelist) {
  const std::string_view head = take_line(sizelist);
  if (!head.starts_with("/2 ") && !head.starts_with("/3 ")) return {};
  std::vector<ImportedId> ids;
  while (!sizelist.empty()) {
    const std::string_view line = take_line(sizelist);
    const std::size_t last = line.rfind(' ');
    if (last == line.npos || last == 0) continue;
    const std::size_t before = line.rfind(' ', last - 1);
    if (before == line.npos) continue;
    const std::vector<std::string_view> parts = ascii::split(line.substr(last + 1), ':');
    if (parts.size() < 2 || !ascii::parse_number(parts[0]) || !ascii::parse_number(parts[1])) {
      continue;
    }
    if (ascii::parse_number(parts[0]) == 0) continue;  // no id was given out
    keep(ids, base_of(line.substr(0, before)),
         "UID" + std::string{parts[0]} + '-' + std::string{parts[1]});
  }
  return ids;
}

}  // namespace lbx::pop3d
