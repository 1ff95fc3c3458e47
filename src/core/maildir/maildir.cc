// SPDX-License-Identifier: MIT
#include "core/maildir/maildir.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx {
namespace {

constexpr std::array<const char*, 3> kSubdirectories{"tmp", "new", "cur"};
constexpr mode_t kDirectoryMode = 0700;

struct SplitPath {
  std::string parent;  // "." where there is none
  std::string leaf;
};

SplitPath split_path(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

void remove_private(FileOps& files, int parent, const std::string& name) {
  for (const char* each : kSubdirectories) {
    static_cast<void>(files.unlink_at(parent, name + '/' + each, AT_REMOVEDIR));
  }
  static_cast<void>(files.unlink_at(parent, name, AT_REMOVEDIR));
}

Result<void> fill_and_rename(FileOps& files, int parent, const std::string& temporary,
                             const std::string& leaf) {
  for (const char* each : kSubdirectories) {
    LBX_TRY(files.make_directory(parent, temporary + '/' + each, kDirectoryMode));
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

}  // namespace

Result<UniqueFd> open_maildir(FileOps& files, int dir, const std::string& path) {
  return files.open_at(dir, path, O_RDONLY | O_DIRECTORY);
}

Result<void> create_maildir(System& system, int dir, const std::string& path) {
  FileOps& files = system.files;
  const SplitPath where = split_path(path);
  const UniqueFd parent = LBX_TRY(files.open_at(dir, where.parent, O_RDONLY | O_DIRECTORY));

  const std::string temporary =
      '.' + where.leaf + '.' + ascii::to_hex(system.randomness.bits64(), 16);
  LBX_TRY(files.make_directory(parent.get(), temporary, kDirectoryMode));
  Result<void> made = fill_and_rename(files, parent.get(), temporary, where.leaf);
  if (!made) {
    remove_private(files, parent.get(), temporary);
    const int code = made.error().os_error;
    const bool faster = code == EEXIST || code == ENOTEMPTY;
    if (!faster || !is_directory(files, parent.get(), where.leaf)) return made;
  }
  return files.sync(parent.get());
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
