// SPDX-License-Identifier: MIT
#include "convert/folder_levels.h"

#include <algorithm>

#include "convert/mbox_tree.h"
#include "convert/recognise.h"
#include "core/base/ascii.h"
#include "core/message/date.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kMbox = ".mbox";
constexpr std::string_view kSubfolders = ".sbd";
constexpr std::size_t kUuidSize = 36;

bool consists_of_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, ascii::is_digit);
}

bool is_uuid(std::string_view text) {
  return text.size() == kUuidSize && std::ranges::count(text, '-') == 4;
}

/// What Apple Mail has between `X.mbox` and its messages.
bool is_apple_inside(std::string_view part) {
  return part == "Messages" || part == "Data" || part == "Attachments" || is_uuid(part) ||
         consists_of_digits(part);
}

std::string_view without_suffix(std::string_view name, std::string_view suffix) {
  const bool has = name.size() > suffix.size() && ends_with_fold(name, suffix);
  return has ? name.substr(0, name.size() - suffix.size()) : name;
}

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts = ascii::split(path, '/');
  std::erase_if(parts,
                [](std::string_view each) { return each.empty() || each == "." || each == ".."; });
  return parts;
}

std::vector<std::string> levels_of(const std::vector<std::string_view>& directories) {
  std::vector<std::string> levels;
  bool in_apple = false;
  for (const std::string_view each : directories) {
    const std::string_view stem = without_suffix(without_suffix(each, kSubfolders), kMbox);
    if (in_apple && is_apple_inside(each)) continue;
    in_apple = stem != each;
    levels.push_back(level_of_file(stem));
  }
  return levels;
}

/// "May", "May.txt" or "05" as two digits.
std::string month_digits(std::string_view word) {
  const auto month = parse_month(word.substr(0, 3));
  if (month && word.size() >= 3) {
    return (*month < 9 ? "0" : "") + std::to_string(*month + 1);
  }
  return word.size() == 2 && consists_of_digits(word) ? std::string{word} : "";
}

}  // namespace

std::vector<std::string> levels_of_directory(std::string_view path) {
  return levels_of(parts_of(path));
}

std::vector<std::string> levels_of_mailbox(std::string_view path) {
  std::vector<std::string_view> parts = parts_of(path);
  if (parts.empty()) return {};
  const std::string_view file = parts.back();
  parts.pop_back();
  const std::string_view parent = parts.empty() ? "" : parts.back();
  std::vector<std::string> levels = levels_of(parts);
  const bool wrapped = ends_with_fold(parent, kMbox) && (file == "mbox" || file == parent);
  if (wrapped || !pipermail_date(file).empty()) return levels;
  levels.push_back(level_of_file(without_suffix(without_compression(file), kMbox)));
  return levels;
}

std::string_view without_wrapping(std::string_view path) {
  const std::vector<std::string_view> parts = parts_of(path);
  const auto from = [&](std::size_t part) {
    return path.substr(static_cast<std::size_t>(parts[part].data() - path.data()));
  };
  if (parts.size() > 2 && parts[0] == "Takeout") return from(2);
  for (std::size_t i = 0; i + 2 < parts.size(); ++i) {
    const bool mail = parts[i] == "Mail" || parts[i] == "ImapMail";
    const std::string_view account = parts[i + 1];
    if (mail && (account == "Local Folders" || account.find('.') != std::string_view::npos) &&
        !ends_with_fold(account, kSubfolders) && !ends_with_fold(account, kMbox)) {
      return from(i + 2);
    }
  }
  return path;
}

std::string pipermail_date(std::string_view name) {
  constexpr std::string_view kText = ".txt";
  constexpr std::string_view kWeek = "Week-of-Mon-";
  name = without_compression(name);
  if (!ends_with_fold(name, kText)) return "";
  name.remove_suffix(kText.size());
  if (name.starts_with(kWeek)) name.remove_prefix(kWeek.size());
  const std::string_view year = name.substr(0, 4);
  if (year.size() != 4 || !consists_of_digits(year)) return "";
  const std::string_view rest = name.substr(4);
  if (rest.empty()) return std::string{year};
  if (rest.size() == 4 && consists_of_digits(rest)) return std::string{name};  // a day
  if (rest.size() == 2 && rest[0] == 'q' && ascii::is_digit(rest[1])) return std::string{name};
  if (rest.front() != '-') return "";
  const std::string month = month_digits(rest.substr(1));
  return month.empty() ? "" : std::string{year} + month;
}

}  // namespace lbx::convert
