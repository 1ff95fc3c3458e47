// SPDX-License-Identifier: MIT
#include "convert/staging.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/base/io.h"
#include "core/base/path.h"

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
  Place place{LBX_TRY(files.open_at(AT_FDCWD, path.parent, O_RDONLY | O_DIRECTORY)),
              '.' + path.leaf + kBeside, path.leaf, true};
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

Result<std::uint64_t> Staging::sweep(const std::function<bool(std::string_view)>& keep) {
  FileOps& files = system_->files;
  std::uint64_t kept = 0;
  for (const char* each : kSubdirectories) {
    const bool visible = std::string_view{each} != "tmp";
    for (const DirectoryEntry& entry : LBX_TRY(files.list(root(), each))) {
      if (visible && keep(entry.name)) {
        ++kept;
      } else {
        LBX_TRY(files.unlink_at(root(), std::string{each} + '/' + entry.name));
      }
    }
  }
  return kept;
}

Result<void> Staging::publish() {
  FileOps& files = system_->files;
  const int parent = place_.parent.get();
  if (record_.phase() == ImportRecord::Phase::Building) LBX_TRY(record_.publishing());
  Result<void> renamed = Error::from_errno(EEXIST, place_.target);
  if (place_.fresh) renamed = rename_careful(files, parent, place_.staging, parent, place_.target);
  if (!renamed && !exists_already(renamed)) return renamed;
  if (!renamed) LBX_TRY(move_all());
  LBX_TRY(files.sync(parent));
  if (record_.phase() == ImportRecord::Phase::Publishing) LBX_TRY(record_.done());
  return {};
}

/// One by one into a target that exists. A message that is there already, under the very name, is
/// one that was imported before its record was lost.
Result<void> Staging::move_all() {
  FileOps& files = system_->files;
  const UniqueFd target =
      LBX_TRY(files.open_at(place_.parent.get(), place_.target, O_RDONLY | O_DIRECTORY));
  for (const char* each : kVisible) {
    const UniqueFd from = LBX_TRY(files.open_at(root(), each, O_RDONLY | O_DIRECTORY));
    const UniqueFd to = LBX_TRY(files.open_at(target.get(), each, O_RDONLY | O_DIRECTORY));
    for (const DirectoryEntry& entry : LBX_TRY(files.list(from.get(), "."))) {
      Result<void> moved = rename_careful(files, from.get(), entry.name, to.get(), entry.name);
      if (exists_already(moved)) {
        LBX_TRY(files.unlink_at(from.get(), entry.name));
      } else if (!moved) {
        return moved;
      }
    }
    LBX_TRY(files.sync(to.get()));
  }
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

void Staging::remove_directories() {
  FileOps& files = system_->files;
  for (const char* each : kSubdirectories) {
    static_cast<void>(files.unlink_at(root(), each, AT_REMOVEDIR));
  }
  if (place_.fresh) static_cast<void>(files.unlink_at(root(), ImportRecord::kName));
  static_cast<void>(files.unlink_at(place_.parent.get(), place_.staging, AT_REMOVEDIR));
}

void Staging::remove() {
  static_cast<void>(sweep([](std::string_view) { return false; }));
  static_cast<void>(record_.discard());
  remove_directories();
}

}  // namespace lbx::convert
