// SPDX-License-Identifier: MIT
#include "service/auth/account_editor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/io.h"

namespace lbx::auth {
namespace {

constexpr mode_t kMode = 0600;

Result<void> lock(int fd, const std::string& path) {
  for (int tries = 0; ::flock(fd, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno != EWOULDBLOCK) return Error::from_errno(errno, path);
    if (tries == kLockTries) return Error::later(path + ": somebody else holds the lock");
    static_cast<void>(::poll(nullptr, 0, kLockPauseMs));
  }
  return {};
}

Result<std::string> text_of(FileOps& files, const std::string& path) {
  const Result<UniqueFd> file = files.open_at(AT_FDCWD, path, O_RDONLY);
  if (!file && file.error().os_error == ENOENT) return std::string{};
  if (!file) return file.error();
  return read_whole(files, file->get(), kMaxAccountFile, path);
}

}  // namespace

Result<AccountEditor> AccountEditor::open(FileOps& files, const std::string& mail_home) {
  std::string path = mail_home + '/' + std::string{kAccountFile};
  const Result<void> made = files.make_directory(AT_FDCWD, mail_home + "/users", 0755);
  if (!made && made.error().os_error != EEXIST) return made.error();
  const std::string lock_path = path + ".lock";
  UniqueFd held = LBX_TRY(files.open_at(AT_FDCWD, lock_path, O_RDWR | O_CREAT, kMode));
  LBX_TRY(lock(held.get(), lock_path));
  AccountFile accounts = LBX_TRY(AccountFile::read(files, path));
  std::string text = LBX_TRY(text_of(files, path));
  return AccountEditor{files, std::move(path), std::move(held), std::move(text),
                       std::move(accounts)};
}

Result<void> AccountEditor::write(const std::string& name, const std::optional<Record>& record) {
  std::string text = edited(text_, name, record);
  // What is written can be read: a record that nobody could read back must not get in.
  AccountFile accounts = LBX_TRY(AccountFile::parse(text));
  LBX_TRY(keep_owner());
  LBX_TRY(replace_file(*files_, AT_FDCWD, path_, text, kMode));
  text_ = std::move(text);
  accounts_ = std::move(accounts);
  return {};
}

/// replace_file() writes to PATH.new: that this exists, with the right owner, is all it takes.
Result<void> AccountEditor::keep_owner() const {
  const std::string folder = path_.substr(0, path_.rfind('/'));
  const Result<struct stat> old = files_->stat_at(AT_FDCWD, path_);
  const struct stat like = old ? *old : LBX_TRY(files_->stat_at(AT_FDCWD, folder));
  const std::string fresh = path_ + ".new";
  const Result<void> gone = files_->unlink_at(AT_FDCWD, fresh);
  if (!gone && gone.error().os_error != ENOENT) return gone.error();
  const UniqueFd file =
      LBX_TRY(files_->open_at(AT_FDCWD, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, kMode));
  if (like.st_uid != ::geteuid() && ::geteuid() == 0 &&
      ::fchown(file.get(), like.st_uid, like.st_gid) != 0) {
    return Error::from_errno(errno, fresh);
  }
  return {};
}

}  // namespace lbx::auth
