// SPDX-License-Identifier: MIT
#include "convert/staging.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "convert/folder_state.h"
#include "core/base/io.h"
#include "core/base/path.h"
#include "core/maildir/courier_lists.h"
#include "core/maildir/maildir.h"

namespace lbx::convert {
namespace {

constexpr std::array<const char*, 3> kSubdirectories{"tmp", "new", "cur"};
constexpr std::array<const char*, 2> kVisible{"new", "cur"};
constexpr const char* kInside = "/tmp/letterbox-import";
constexpr const char* kBeside = ".letterbox-import";
constexpr mode_t kDirectoryMode = 0700;
/// The record may be renamed between its opening and its locking, by a run that just ended.
constexpr int kMaxAttempts = 8;

Result<bool> is_directory(FileOps& files, int dir, const std::string& path) {
  const Result<struct stat> status = files.stat_at(dir, path);
  if (status) return S_ISDIR(status->st_mode);
  if (status.error().os_error == ENOENT || status.error().os_error == ENOTDIR) return false;
  return status.error();
}

Result<void> require_maildir(FileOps& files, int dir, const std::string& path,
                             const std::string& name) {
  for (const char* each : kSubdirectories) {
    const bool there = LBX_TRY(is_directory(files, dir, path + '/' + each));
    if (!there) return Error::never(name + ": is not a Maildir: it has no " + each + "/");
  }
  return {};
}

Result<void> make_directory(FileOps& files, int dir, const std::string& path) {
  Result<void> made = files.make_directory(dir, path, kDirectoryMode);
  if (made || made.error().os_error == EEXIST) return {};
  return made;
}

Result<void> make_maildir(FileOps& files, int dir, const std::string& path) {
  LBX_TRY(make_directory(files, dir, path));
  for (const char* each : kSubdirectories) {
    LBX_TRY(make_directory(files, dir, path + '/' + each));
  }
  return {};
}

bool is_unsupported(int code) {
  return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP;
}

/// Not over a file that is there. That nobody takes the name in between, where the file system
/// cannot promise it, is left to the digest in it.
Result<void> rename_careful(FileOps& files, int dir, const std::string& from, int to_dir,
                            const std::string& to) {
  Result<void> renamed = files.rename_new(dir, from, to_dir, to);
  if (renamed || !is_unsupported(renamed.error().os_error)) return renamed;
  if (files.stat_at(to_dir, to, AT_SYMLINK_NOFOLLOW)) return Error::from_errno(EEXIST, to);
  return files.rename_at(dir, from, to_dir, to);
}

/// "DIRECTORY/", or "" for the inbox: what stands before a path in a folder.
std::string below(const FolderName& folder) {
  return folder.is_inbox() ? "" : folder.directory() + '/';
}

/// Names of what lies in a folder besides its messages, and goes with it.
Result<std::vector<std::string>> companions(FileOps& files, int dir) {
  std::vector<std::string> names;
  for (const DirectoryEntry& each : LBX_TRY(files.list(dir, "."))) {
    if (each.name.starts_with('.') || each.name == ImportRecord::kName ||
        each.name == StateLog::kName || each.name == kFolderMark) {
      continue;
    }
    const struct stat status = LBX_TRY(files.stat_at(dir, each.name, AT_SYMLINK_NOFOLLOW));
    const bool keywords = S_ISDIR(status.st_mode) && each.name == kCourierKeywordsDirectory;
    if (S_ISREG(status.st_mode) || keywords) names.push_back(each.name);
  }
  return names;
}

Result<void> remove_companion(FileOps& files, int dir, const std::string& name) {
  if (name != kCourierKeywordsDirectory) return files.unlink_at(dir, name);
  for (const DirectoryEntry& each : LBX_TRY(files.list(dir, name))) {
    LBX_TRY(files.unlink_at(dir, name + '/' + each.name));
  }
  return files.unlink_at(dir, name, AT_REMOVEDIR);
}

bool exists_already(const Result<void>& outcome) {
  const int code = outcome ? 0 : outcome.error().os_error;
  return code == EEXIST || code == ENOTEMPTY;
}

}  // namespace

/// A staging directory beside the target that a run has left behind comes first, even if somebody
/// has made the target since.
Result<Staging::Place> Staging::find_place(System& system, const std::string& target) {
  FileOps& files = system.files;
  const SplitPath path = split_path(target);
  UniqueFd beside = LBX_TRY(files.open_at(AT_FDCWD, path.parent, O_RDONLY | O_DIRECTORY));
  Place place{std::move(beside), '.' + path.leaf + kBeside, path.leaf, true};
  const int parent = place.parent.get();
  // Beside a folder of a Maildir, a name with a dot would be another folder.
  const bool in_maildir = path.leaf.starts_with('.') && LBX_TRY(is_directory(files, parent, "cur"));
  if (in_maildir) place.staging = "tmp/" + path.leaf + kBeside;

  const Result<struct stat> there = files.stat_at(parent, path.leaf);
  if (!there && there.error().os_error != ENOENT) return there.error();
  if (there) LBX_TRY(require_maildir(files, parent, path.leaf, target));
  // Without its record, it is what was left of one whose messages have moved.
  const bool begun = files.stat_at(parent, place.staging + '/' + ImportRecord::kName).has_value();
  if (begun || !there) return place;
  place.staging = path.leaf + kInside;
  place.fresh = false;
  return place;
}

Result<Staging> Staging::open(System& system, LockOps& locks, const std::string& target) {
  FileOps& files = system.files;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    Place place = LBX_TRY(find_place(system, target));
    const int parent = place.parent.get();
    LBX_TRY(make_maildir(files, parent, place.staging));
    UniqueFd root = LBX_TRY(files.open_at(parent, place.staging, O_RDONLY | O_DIRECTORY));
    UniqueFd home = LBX_TRY(
        files.open_at(parent, place.fresh ? place.staging : place.target, O_RDONLY | O_DIRECTORY));
    Result<ImportRecord> record = ImportRecord::open(files, locks, home.get());
    if (!record) {
      Error error = record.error();
      error.what = target + ": " + error.what;
      return error;
    }
    Staging staging{system, std::move(place), std::move(root), std::move(*record)};
    const bool named = LBX_TRY(staging.still_named());
    if (named) return staging;
  }
  return Error::later(target + ": other imports come and go");
}

Result<bool> Staging::still_named() const {
  FileOps& files = system_->files;
  const std::string& home = place_.fresh ? place_.staging : place_.target;
  const Result<struct stat> named =
      files.stat_at(place_.parent.get(), home + '/' + ImportRecord::kName);
  if (!named) return false;
  const struct stat ours = LBX_TRY(files.stat_fd(record_.fd()));
  const bool same = ours.st_ino == named->st_ino && ours.st_dev == named->st_dev;
  const bool root = LBX_TRY(is_directory(files, place_.parent.get(), place_.staging + "/cur"));
  return same && root;
}

Result<UniqueFd> Staging::target() const {
  if (place_.fresh) return UniqueFd{};
  return system_->files.open_at(place_.parent.get(), place_.target, O_RDONLY | O_DIRECTORY);
}

Result<std::vector<FolderName>> Staging::folders() const {
  std::vector<FolderName> out{FolderName{}};
  for (const DirectoryEntry& each : LBX_TRY(system_->files.list(root(), "."))) {
    FolderName name = FolderName::of_directory(each.name);
    if (name.is_inbox()) continue;
    // NFS has files of its own with such names.
    const bool directory = LBX_TRY(is_directory(system_->files, root(), each.name));
    if (directory) out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

Result<std::uint64_t> Staging::sweep(const std::function<bool(std::string_view)>& keep) {
  std::uint64_t kept = 0;
  for (const FolderName& folder : LBX_TRY(folders())) kept += LBX_TRY(sweep_folder(folder, keep));
  return kept;
}

Result<std::uint64_t> Staging::sweep_folder(const FolderName& folder,
                                            const std::function<bool(std::string_view)>& keep) {
  FileOps& files = system_->files;
  const UniqueFd dir =
      LBX_TRY(files.open_at(root(), "./" + folder.directory(), O_RDONLY | O_DIRECTORY));
  std::uint64_t kept = 0;
  for (const char* each : kSubdirectories) {
    if (!LBX_TRY(is_directory(files, dir.get(), each))) continue;  // died while it was made
    const bool visible = std::string_view{each} != "tmp";
    for (const DirectoryEntry& entry : LBX_TRY(files.list(dir.get(), each))) {
      if (visible && keep(entry.name)) {
        ++kept;
      } else {
        LBX_TRY(files.unlink_at(dir.get(), std::string{each} + '/' + entry.name));
      }
    }
  }
  for (const std::string& each : LBX_TRY(companions(files, dir.get()))) {
    LBX_TRY(remove_companion(files, dir.get(), each));
  }
  if (kept == 0 && !folder.is_inbox()) remove_folder(folder);
  return kept;
}

Result<void> Staging::publish() {
  FileOps& files = system_->files;
  const int parent = place_.parent.get();
  if (record_.phase() == ImportRecord::Phase::Building) {
    LBX_TRY(require_folders());
    LBX_TRY(record_.publishing());
  }
  LBX_TRY(StateLog::remove(files, root()));
  Result<void> renamed = Error::from_errno(EEXIST, place_.target);
  if (place_.fresh) renamed = rename_careful(files, parent, place_.staging, parent, place_.target);
  if (!renamed && !exists_already(renamed)) return renamed;
  if (!renamed) LBX_TRY(move_all());
  LBX_TRY(files.sync(parent));
  if (record_.phase() == ImportRecord::Phase::Publishing) LBX_TRY(record_.done());
  return {};
}

/// What has the name of a folder in the target must be one: before anything moves.
Result<void> Staging::require_folders() const {
  FileOps& files = system_->files;
  const UniqueFd target = LBX_TRY(this->target());
  if (!target) return {};
  for (const FolderName& each : LBX_TRY(folders())) {
    const std::string path = "./" + each.directory();
    if (!files.stat_at(target.get(), path, AT_SYMLINK_NOFOLLOW)) continue;
    LBX_TRY(require_maildir(files, target.get(), path, place_.target + '/' + each.directory()));
  }
  return {};
}

Result<void> Staging::move_all() {
  FileOps& files = system_->files;
  const UniqueFd target =
      LBX_TRY(files.open_at(place_.parent.get(), place_.target, O_RDONLY | O_DIRECTORY));
  for (const FolderName& folder : LBX_TRY(folders())) {
    LBX_TRY(move_folder(target.get(), folder));
  }
  LBX_TRY(files.sync(target.get()));
  // The target appeared while a new one was built: the record goes with the messages, unless the
  // target has one of its own.
  if (place_.fresh) {
    Result<void> record =
        rename_careful(files, root(), ImportRecord::kName, target.get(), ImportRecord::kName);
    if (!record && !exists_already(record)) return record;
    LBX_TRY(files.sync(target.get()));
  }
  remove_directories();
  return {};
}

Result<void> Staging::move_folder(int target, const FolderName& folder) {
  FileOps& files = system_->files;
  if (!folder.is_inbox()) {
    Result<void> renamed =
        rename_careful(files, root(), folder.directory(), target, folder.directory());
    if (renamed || !exists_already(renamed)) return renamed;
  }
  const std::string path = "./" + folder.directory();
  LBX_TRY(require_maildir(files, target, path, place_.target + '/' + folder.directory()));
  const UniqueFd from = LBX_TRY(files.open_at(root(), path, O_RDONLY | O_DIRECTORY));
  const UniqueFd to = LBX_TRY(files.open_at(target, path, O_RDONLY | O_DIRECTORY));
  for (const std::string& each : LBX_TRY(companions(files, from.get()))) {
    Result<void> moved = rename_careful(files, from.get(), each, to.get(), each);
    if (!moved && !exists_already(moved)) return moved;
    if (!moved) LBX_TRY(remove_companion(files, from.get(), each));
  }
  LBX_TRY(files.sync(to.get()));
  return move_messages(from.get(), to.get());
}

/// One by one into a folder that exists. A message that is there already, under the very name, is
/// one that was imported before its record was lost.
Result<void> Staging::move_messages(int from, int to) {
  FileOps& files = system_->files;
  for (const char* each : kVisible) {
    const UniqueFd source = LBX_TRY(files.open_at(from, each, O_RDONLY | O_DIRECTORY));
    const UniqueFd place = LBX_TRY(files.open_at(to, each, O_RDONLY | O_DIRECTORY));
    for (const DirectoryEntry& entry : LBX_TRY(files.list(source.get(), "."))) {
      Result<void> moved = rename_careful(files, source.get(), entry.name, place.get(), entry.name);
      if (exists_already(moved)) {
        LBX_TRY(files.unlink_at(source.get(), entry.name));
      } else if (!moved) {
        return moved;
      }
    }
    LBX_TRY(files.sync(place.get()));
  }
  return {};
}

void Staging::remove_folder(const FolderName& folder) {
  FileOps& files = system_->files;
  for (const char* each : kSubdirectories) {
    static_cast<void>(files.unlink_at(root(), below(folder) + each, AT_REMOVEDIR));
  }
  if (folder.is_inbox()) return;
  static_cast<void>(files.unlink_at(root(), below(folder) + kFolderMark));
  static_cast<void>(files.unlink_at(root(), folder.directory(), AT_REMOVEDIR));
}

void Staging::remove_directories() {
  FileOps& files = system_->files;
  const Result<std::vector<FolderName>> all = folders();
  if (all) {
    for (const FolderName& each : *all) remove_folder(each);
  }
  if (place_.fresh) static_cast<void>(files.unlink_at(root(), ImportRecord::kName));
  static_cast<void>(files.unlink_at(place_.parent.get(), place_.staging, AT_REMOVEDIR));
}

void Staging::remove() {
  static_cast<void>(StateLog::remove(system_->files, root()));
  static_cast<void>(sweep([](std::string_view) { return false; }));
  static_cast<void>(record_.discard());
  remove_directories();
}

}  // namespace lbx::convert
