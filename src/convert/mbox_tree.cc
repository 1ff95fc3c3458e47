// SPDX-License-Identifier: MIT
#include "convert/mbox_tree.h"

#include <optional>
#include <string_view>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/modified_utf7.h"

namespace lbx::convert {
namespace {

/// Octets of a level's name, so that ".mbox" and a temporary name have room in 255.
constexpr std::size_t kMaxLevel = 220;
constexpr std::string_view kInbox = "INBOX";

std::string escaped(char c) {
  return '%' + ascii::to_hex(static_cast<unsigned char>(c), 2);
}

bool stands_for_itself(char c) {
  const bool control = (c >= 0 && c < ' ') || c == '\x7f';
  return !control && c != '%' && c != '/' && c != '.';
}

std::string safe_name(std::string_view level) {
  if (level.empty()) return "%";
  std::string out;
  for (const char c : level) out += stands_for_itself(c) ? std::string(1, c) : escaped(c);
  return out;
}

std::string level_name(const std::string& level) {
  std::string name = safe_name(level);
  if (name.size() <= kMaxLevel) return name;
  return safe_name(modified_utf7::encode(level).value_or(level));
}

/// The octet of "XX", where it is one that does not stand for itself.
std::optional<char> unescaped(std::string_view digits) {
  const auto octet = digits.size() == 2 ? ascii::parse_hex(digits, 2) : std::nullopt;
  if (!octet || stands_for_itself(static_cast<char>(*octet))) return std::nullopt;
  return static_cast<char>(*octet);
}

}  // namespace

std::string mbox_path(MboxLayout layout, const FolderName& folder) {
  const bool thunderbird = layout == MboxLayout::Thunderbird;
  if (folder.is_inbox()) return thunderbird ? "Inbox" : "INBOX.mbox";
  const std::vector<std::string> levels = folder.levels();
  std::string path;
  for (const std::string& each : levels) {
    if (!path.empty()) path += thunderbird ? ".sbd/" : "/";
    std::string name = level_name(each);
    // Not the inbox, whatever somebody has called it.
    if (levels.size() == 1 && ascii::equal_fold(each, kInbox)) {
      name = escaped(name.front()) + name.substr(1);
    }
    path += name;
  }
  return thunderbird ? path : path + ".mbox";
}

std::string level_of_file(std::string_view name) {
  std::string level;
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto octet = name[at] == '%' ? unescaped(name.substr(at + 1, 2)) : std::nullopt;
    level += octet.value_or(name[at]);
    if (octet) at += 2;
  }
  return level;
}

}  // namespace lbx::convert
