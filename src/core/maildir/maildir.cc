// SPDX-License-Identifier: MIT
#include "core/maildir/maildir.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/base/path.h"

namespace lbx {
namespace {

constexpr std::array<const char*, 3> kSubdirectories{"tmp", "new", "cur"};
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kMarkMode = 0600;
enum class Kind { Maildir, Folder };

void remove_private(FileOps& files, int parent, const std::string& name) {
  for (const char* each : kSubdirectories) {
    static_cast<void>(files.unlink_at(parent, name + '/' + each, AT_REMOVEDIR));
  }
  static_cast<void>(files.unlink_at(parent, name + '/' + kFolderMark));
  static_cast<void>(files.unlink_at(parent, name, AT_REMOVEDIR));
}

Result<void> fill_and_rename(FileOps& files, int parent, const std::string& temporary,
                             const std::string& leaf, Kind kind) {
  for (const char* each : kSubdirectories) {
    LBX_TRY(files.make_directory(parent, temporary + '/' + each, kDirectoryMode));
  }
  if (kind == Kind::Folder) {
    LBX_TRY(files.open_at(parent, temporary + '/' + kFolderMark, O_WRONLY | O_CREAT | O_EXCL,
                          kMarkMode));
  }
  LBX_TRY(sync_directory(files, parent, temporary));
  return files.rename_at(parent, temporary, parent, leaf);
}

bool is_directory(FileOps& files, int dir, const std::string& path) {
  const Result<struct stat> status = files.stat_at(dir, path);
  return status && S_ISDIR(status->st_mode);
}

Result<void> scan_folder(FileOps& files, int maildir, MaildirPlace::Folder folder,
                         std::vector<MaildirEntry>& entries) {
  const char* path = folder == MaildirPlace::Folder::New ? "new" : "cur";
  for (const DirectoryEntry& each : LBX_TRY(files.list(maildir, path))) {
    if (each.is_directory) continue;
    Result<MessageFileName> name = MessageFileName::parse(each.name);
    if (name) entries.push_back({folder, std::move(name).value()});
  }
  return {};
}

Result<void> create(System& system, int dir, const std::string& path, Kind kind) {
  FileOps& files = system.files;
  const SplitPath where = split_path(path);
  const UniqueFd parent = LBX_TRY(files.open_at(dir, where.parent, O_RDONLY | O_DIRECTORY));

  const std::string temporary =
      '.' + where.leaf + '.' + ascii::to_hex(system.randomness.bits64(), 16);
  LBX_TRY(files.make_directory(parent.get(), temporary, kDirectoryMode));
  Result<void> made = fill_and_rename(files, parent.get(), temporary, where.leaf, kind);
  if (!made) {
    remove_private(files, parent.get(), temporary);
    const int code = made.error().os_error;
    const bool faster = code == EEXIST || code == ENOTEMPTY;
    if (!faster || !is_directory(files, parent.get(), where.leaf)) return made;
  }
  return files.sync(parent.get());
}

}  // namespace

Result<UniqueFd> open_maildir(FileOps& files, int dir, const std::string& path) {
  return files.open_at(dir, path, O_RDONLY | O_DIRECTORY);
}

Result<void> create_maildir(System& system, int dir, const std::string& path) {
  return create(system, dir, path, Kind::Maildir);
}

bool is_folder_name(std::string_view name) {
  return name.size() > 1 && name.starts_with('.') && name != "..";
}

Result<std::vector<std::string>> list_folders(FileOps& files, int dir, const std::string& path) {
  std::vector<std::string> out;
  const std::string below = path.ends_with('/') ? path : path + '/';
  for (const DirectoryEntry& each : LBX_TRY(files.list(dir, path))) {
    if (!is_folder_name(each.name)) continue;
    bool directory = each.is_directory;
    if (!directory) {
      const Result<struct stat> status = files.stat_at(dir, below + each.name, AT_SYMLINK_NOFOLLOW);
      directory = status && S_ISDIR(status->st_mode);
    }
    if (directory) out.push_back(each.name);
  }
  std::ranges::sort(out);
  return out;
}

std::string_view last_part(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

Result<void> create_folder(System& system, int dir, const std::string& path) {
  return create(system, dir, path, Kind::Folder);
}

bool is_folder_place(FileOps& files, int dir, const std::string& path) {
  return is_folder_name(last_part(path)) &&
         is_directory(files, dir, split_path(path).parent + "/cur");
}

std::string MaildirEntry::path() const {
  return (folder == MaildirPlace::Folder::New ? "new/" : "cur/") + name.str();
}

Result<std::vector<MaildirEntry>> scan_maildir(FileOps& files, int maildir) {
  std::vector<MaildirEntry> entries;
  LBX_TRY(scan_folder(files, maildir, MaildirPlace::Folder::New, entries));
  LBX_TRY(scan_folder(files, maildir, MaildirPlace::Folder::Cur, entries));
  return entries;
}

Result<std::optional<std::string>> find_message(FileOps& files, int maildir, std::uint64_t random) {
  const std::string mark = 'R' + ascii::to_hex(random, 16);  // most names need no closer look
  std::optional<std::string> found;
  for (const std::string folder : {"new", "cur"}) {
    LBX_TRY(files.each_name(maildir, folder, [&](const ListedName& each) {
      if (each.is_directory || each.name.find(mark) == std::string_view::npos) return;
      const Result<MessageFileName> name = MessageFileName::parse(each.name);
      if (name && name->base.random_part() == random) found = folder + '/' + name->str();
    }));
    if (found) break;
  }
  return found;
}

bool is_first_attempt(FileOps& files, int maildir, std::uint64_t random) {
  static constexpr std::size_t kDigits = 16;
  static constexpr mode_t kMode = 0600;
  const std::string path = "tmp/" + ascii::to_hex(random, kDigits) + ".attempt";
  return files.open_at(maildir, path, O_WRONLY | O_CREAT | O_EXCL, kMode).has_value();
}

void clear_stale_tmp(FileOps& files, int maildir, Instant now) {
  const Result<std::vector<DirectoryEntry>> entries = files.list(maildir, "tmp");
  if (!entries) return;
  for (const DirectoryEntry& each : *entries) {
    if (each.name.starts_with('.') || each.is_directory) continue;
    const std::string path = "tmp/" + each.name;
    const Result<struct stat> status = files.stat_at(maildir, path, AT_SYMLINK_NOFOLLOW);
    if (!status) continue;
    // Mounted noatime, the access time may be that of creation; the newest of the two decides.
    const std::int64_t touched = std::max(status->st_atim.tv_sec, status->st_mtim.tv_sec);
    if (now.seconds - touched >= kStaleTmpSeconds) {
      static_cast<void>(files.unlink_at(maildir, path));
    }
  }
}

}  // namespace lbx
