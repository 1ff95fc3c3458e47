// SPDX-License-Identifier: MIT
#include "core/maildir/folder_name.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/digest.h"
#include "core/base/modified_utf7.h"
#include "core/base/utf8.h"
#include "core/maildir/maildir.h"

namespace lbx {
namespace {

constexpr std::string_view kInbox = "INBOX";
constexpr std::size_t kMarkDigits = 8;

bool cannot_stand(char c) {
  return c == '.' || c == '/' || (c >= 0 && c < ' ') || c == '\x7f';
}

std::string clean_level(std::string_view level) {
  std::string text = utf8::is_valid(level) ? std::string{level} : utf8::from_latin1(level);
  std::ranges::replace_if(text, cannot_stand, '_');
  return text;
}

std::string directory_of(const std::vector<std::string>& levels) {
  std::string out;
  for (const std::string& each : levels) out += '.' + modified_utf7::encode(each).value_or("");
  return out;
}

/// Takes the second half away, between characters.
void shorten(std::string& text) {
  std::size_t size = text.size() / 2;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
  text.resize(size);
}

/// Halves the longest level until all of it fits.
std::string short_directory_of(std::vector<std::string> levels) {
  const std::string whole = directory_of(levels);
  const std::string mark = '_' + sha256_hex(whole).substr(0, kMarkDigits);
  std::string directory = whole;
  while (directory.size() + mark.size() > kMaxFolderDirectory) {
    const auto longest = std::ranges::max_element(levels, {}, &std::string::size);
    shorten(*longest);
    if (longest->empty()) levels.erase(longest);
    directory = directory_of(levels);
  }
  return directory_of(levels) + mark;
}

}  // namespace

FolderName FolderName::of_levels(const std::vector<std::string>& levels) {
  std::vector<std::string> clean;
  for (const std::string& each : levels) {
    const bool names = !each.empty() && each != "." && each != "..";
    if (names && clean.size() < kMaxFolderLevels) clean.push_back(clean_level(each));
  }
  if (clean.empty()) return FolderName{};
  if (ascii::equal_fold(clean.front(), kInbox)) {
    if (clean.size() == 1) return FolderName{};
    clean.front() = kInbox;
  }
  if (clean.front().starts_with('~')) clean.front().front() = '_';
  std::string directory = directory_of(clean);
  if (directory.size() > kMaxFolderDirectory) directory = short_directory_of(std::move(clean));
  return FolderName{std::move(directory)};
}

FolderName FolderName::of_path(std::string_view path) {
  std::vector<std::string> levels;
  for (const std::string_view each : ascii::split(path, '/')) levels.emplace_back(each);
  return of_levels(levels);
}

FolderName FolderName::of_directory(std::string_view directory) {
  return is_folder_name(directory) && directory.find('/') == std::string_view::npos
             ? FolderName{std::string{directory}}
             : FolderName{};
}

std::vector<std::string> FolderName::levels() const {
  std::vector<std::string> out;
  if (is_inbox()) return out;
  for (const std::string_view each : ascii::split(std::string_view{directory_}.substr(1), '.')) {
    out.push_back(modified_utf7::decode(each).value_or(std::string{each}));
  }
  return out;
}

std::string FolderName::str() const {
  if (is_inbox()) return std::string{kInbox};
  std::string out;
  for (const std::string& each : levels()) out += (out.empty() ? "" : "/") + each;
  return out;
}

FolderName FolderName::in_utf8() const {
  std::string directory;
  for (std::string& each : levels()) {
    std::ranges::replace_if(
        each, [](char c) { return c == '.' || c == '/' || c == '\0'; }, '_');
    directory += '.' + each;
  }
  return directory.size() > kMaxFolderDirectory ? *this : FolderName{std::move(directory)};
}

FolderName FolderName::in_modified_utf7() const {
  std::string directory;
  if (is_inbox()) return *this;
  for (const std::string_view each : ascii::split(std::string_view{directory_}.substr(1), '.')) {
    const bool is_already = modified_utf7::decode(each).has_value();
    const std::optional<std::string> encoded =
        is_already ? std::string{each} : modified_utf7::encode(each);
    directory.append(".").append(encoded.value_or(std::string{each}));
  }
  return directory.size() > kMaxFolderDirectory ? *this : FolderName{std::move(directory)};
}

}  // namespace lbx
