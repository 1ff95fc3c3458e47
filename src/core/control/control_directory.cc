// SPDX-License-Identifier: MIT
#include "core/control/control_directory.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/control/value.h"

namespace lbx::control {
namespace {

/// What a value is worth, or what is wrong with the file at `path`.
template <typename T>
Result<T> with_path(Result<T> value, const std::string& path) {
  if (!value) return Error::later(path + ": " + value.error().what);
  return value;
}

}  // namespace

ControlDirectory::ControlDirectory(FileOps& files, std::string mail_home)
    : files_{files}, mail_home_{std::move(mail_home)} {}

std::string ControlDirectory::path_of(std::string_view file) const {
  return mail_home_ + "/control/" + std::string{file};
}

Result<FileText> ControlDirectory::text_of(std::string_view file) const {
  const std::string path = path_of(file);
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  const Result<UniqueFd> opened = files_.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!opened) {
    if (opened.error().os_error == ENOENT) return FileText{};
    return opened.error();
  }
  std::string text = LBX_TRY(read_whole(files_, opened->get(), kMaxFileOctets, path));
  return FileText{std::move(text)};
}

Result<std::string> ControlDirectory::get(const Line& setting) const {
  const FileText text = LBX_TRY(text_of(setting.file));
  if (!text && setting.me_instead) {
    const FileText me = LBX_TRY(text_of(kMe.file));
    return value_of(setting, me);
  }
  return value_of(setting, text);
}

Result<std::uint64_t> ControlDirectory::get(const Number& setting) const {
  const FileText text = LBX_TRY(text_of(setting.file));
  return with_path(value_of(setting, text), path_of(setting.file));
}

Result<std::string_view> ControlDirectory::get(const Choice& setting) const {
  const FileText text = LBX_TRY(text_of(setting.file));
  return with_path(value_of(setting, text), path_of(setting.file));
}

Result<std::vector<std::string>> ControlDirectory::get(const List& setting) const {
  const FileText text = LBX_TRY(text_of(setting.file));
  return value_of(setting, text);
}

Result<FileText> ControlDirectory::get(const Text& setting) const {
  return text_of(setting.file);
}

Result<bool> ControlDirectory::exists(std::string_view file) const {
  const Result<struct stat> status = files_.stat_at(AT_FDCWD, path_of(file));
  if (status) return true;
  if (status.error().os_error == ENOENT) return false;
  return status.error();
}

}  // namespace lbx::control
