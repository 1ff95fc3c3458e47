// SPDX-License-Identifier: MIT
#include "core/maildir/dovecot_keywords.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx {

DovecotKeywords DovecotKeywords::parse(std::string_view text) {
  DovecotKeywords keywords;
  for (const std::string_view line : ascii::split(text, '\n')) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto index = ascii::parse_number(line.substr(0, blank));
    const std::string_view name = line.substr(blank + 1);
    if (!index || *index >= kMaxKeywords || !is_keyword(name)) continue;
    if (keywords.names_[*index].empty() && !keywords.letter_of(name)) {
      keywords.names_[*index] = name;
    }
  }
  return keywords;
}

std::string DovecotKeywords::str() const {
  std::string text;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (!names_[i].empty()) text += std::to_string(i) + ' ' + names_[i] + '\n';
  }
  return text;
}

bool DovecotKeywords::empty() const {
  return std::ranges::all_of(names_, &std::string::empty);
}

std::optional<char> DovecotKeywords::letter_of(std::string_view name) const {
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (!names_[i].empty() && ascii::equal_fold(names_[i], name)) {
      return static_cast<char>('a' + i);
    }
  }
  return std::nullopt;
}

std::string_view DovecotKeywords::name_of(char letter) const {
  if (letter < 'a' || letter > 'z') return {};
  return names_[static_cast<std::size_t>(letter - 'a')];
}

std::optional<char> DovecotKeywords::add(std::string_view name) {
  if (const auto known = letter_of(name)) return known;
  const auto free = std::ranges::find_if(names_, &std::string::empty);
  if (free == names_.end()) return std::nullopt;
  *free = name;
  return static_cast<char>('a' + (free - names_.begin()));
}

}  // namespace lbx
