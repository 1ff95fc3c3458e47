// SPDX-License-Identifier: MIT
#include "core/control/control_directory.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/control/settings.h"

namespace lbx::control {
namespace {

/// CONTRACT 0.5: blanks go, a carriage return stays.
std::string_view without_trailing_blanks(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

std::optional<std::uint64_t> leading_number(std::string_view line, bool& too_large) {
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), value);
  too_large = code == std::errc::result_out_of_range;
  if (code != std::errc{}) return std::nullopt;
  return value;
}

}  // namespace

std::vector<std::string> list_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view each : ascii::split(text, '\n')) {
    const std::string_view line = without_trailing_blanks(each);
    if (!line.empty() && line.front() != '#') lines.emplace_back(line);
  }
  return lines;
}

ControlDirectory::ControlDirectory(FileOps& files, std::string mail_home)
    : files_{files}, mail_home_{std::move(mail_home)} {}

std::string ControlDirectory::path_of(std::string_view file) const {
  return mail_home_ + "/control/" + std::string{file};
}

Result<std::optional<std::string>> ControlDirectory::text_of(std::string_view file) const {
  const std::string path = path_of(file);
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  const Result<UniqueFd> opened = files_.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!opened) {
    if (opened.error().os_error == ENOENT) return std::optional<std::string>{};
    return opened.error();
  }
  std::string text = LBX_TRY(read_whole(files_, opened->get(), kMaxFileOctets, path));
  return std::optional{std::move(text)};
}

Result<std::optional<std::string>> ControlDirectory::first_line_of(std::string_view file) const {
  std::optional<std::string> text = LBX_TRY(text_of(file));
  if (!text) return text;
  const std::string_view line = std::string_view{*text}.substr(0, text->find('\n'));
  return std::optional{std::string{without_trailing_blanks(line)}};
}

Result<std::string> ControlDirectory::get(const Line& setting) const {
  std::optional<std::string> line = LBX_TRY(first_line_of(setting.file));
  if (!line && setting.me_instead) line = LBX_TRY(first_line_of(kMe.file));
  return std::move(line).value_or(std::string{setting.fallback});
}

Result<std::uint64_t> ControlDirectory::get(const Number& setting) const {
  const std::optional<std::string> line = LBX_TRY(first_line_of(setting.file));
  if (!line) return setting.fallback;
  bool too_large = false;
  const std::optional<std::uint64_t> value = leading_number(*line, too_large);
  if (!value && !too_large) return setting.fallback;
  if (too_large || *value < setting.least || *value > setting.most) {
    return Error::later(path_of(setting.file) + ": must be from " + std::to_string(setting.least) +
                        " to " + std::to_string(setting.most) + " " + std::string{setting.unit});
  }
  return *value;
}

Result<std::string_view> ControlDirectory::get(const Choice& setting) const {
  const std::optional<std::string> line = LBX_TRY(first_line_of(setting.file));
  if (!line) return setting.words.front();
  for (const std::string_view word : setting.words) {
    if (word == *line) return word;
  }
  std::string known;
  for (const std::string_view word : setting.words) known += ' ' + std::string{word};
  return Error::later(path_of(setting.file) + ": must be one of:" + known);
}

Result<std::vector<std::string>> ControlDirectory::get(const List& setting) const {
  const std::optional<std::string> text = LBX_TRY(text_of(setting.file));
  return list_lines(text.value_or(""));
}

Result<bool> ControlDirectory::exists(std::string_view file) const {
  const Result<struct stat> status = files_.stat_at(AT_FDCWD, path_of(file));
  if (status) return true;
  if (status.error().os_error == ENOENT) return false;
  return status.error();
}

}  // namespace lbx::control
