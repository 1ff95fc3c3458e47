// SPDX-License-Identifier: MIT
#include "convert/mbox_sink.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/mbox/appender.h"

namespace lbx::convert {
namespace {

constexpr mode_t kMboxMode = 0600;

/// Not over a file that has appeared meanwhile, as far as the file system can promise that.
Result<void> name_complete(FileOps& files, const std::string& from, const std::string& to) {
  Result<void> linked = files.link_at(AT_FDCWD, from, AT_FDCWD, to);
  if (linked) return files.unlink_at(AT_FDCWD, from);
  if (linked.error().os_error == EEXIST) return linked;
  Result<void> renamed = files.rename_new(AT_FDCWD, from, AT_FDCWD, to);
  const int code = renamed ? 0 : renamed.error().os_error;
  if (code != EINVAL && code != ENOSYS) return renamed;
  return files.rename_at(AT_FDCWD, from, AT_FDCWD, to);
}

}  // namespace

Result<MboxSink> MboxSink::open(System& system, LockOps& locks, const std::string& path,
                                const Options& options) {
  MboxSink sink{system, path, options.dialect};
  const Result<struct stat> status = system.files.stat_at(AT_FDCWD, path);
  if (status && S_ISDIR(status->st_mode)) return Error::never(path + ": is a directory");
  if (status && !options.append) return Error::never(path + ": exists (see --append)");
  if (!status && status.error().os_error != ENOENT) return status.error();
  LBX_TRY(status ? sink.open_existing(locks, options.locks) : sink.open_new());
  return sink;
}

Result<void> MboxSink::open_new() {
  const std::size_t leaf = path_.rfind('/') + 1;  // npos + 1 is 0
  const std::string temporary = path_.substr(0, leaf) + '.' + path_.substr(leaf) + '.' +
                                ascii::to_hex(system_->randomness.bits64(), 16);
  file_ = LBX_TRY(system_->files.open_at(AT_FDCWD, temporary,
                                         O_WRONLY | O_CREAT | O_EXCL | O_APPEND, kMboxMode));
  temporary_ = temporary;
  return {};
}

Result<void> MboxSink::open_existing(LockOps& locks, const MboxLockPolicy& policy) {
  FileOps& files = system_->files;
  LockWait wait{locks, policy.timeout};
  if (policy.dot_lock) {
    std::optional<DotLock> lock = LBX_TRY(DotLock::acquire(*system_, locks, AT_FDCWD, path_, wait));
    if (!lock) return Error::later(path_ + ".lock is in the way");
    dot_lock_.emplace(std::move(*lock));
  }
  file_ = LBX_TRY(files.open_at(AT_FDCWD, path_, O_RDWR | O_APPEND));
  const bool locked =
      LBX_TRY(lock_file(locks, file_.get(), policy.kernel, LockMode::Exclusive, wait));
  if (!locked) return Error::later(path_ + ": is locked by another program");
  const struct stat status = LBX_TRY(files.stat_fd(file_.get()));
  old_length_ = static_cast<std::uint64_t>(status.st_size);
  if (*old_length_ == 0) return {};
  char last = '\n';
  LBX_TRY(files.read_at(file_.get(), &last, 1, *old_length_ - 1));
  return last == '\n' ? Result<void>{} : write_all(files, file_.get(), "\n\n");
}

MboxSink::~MboxSink() {
  if (!file_) return;
  if (old_length_) static_cast<void>(system_->files.truncate(file_.get(), *old_length_));
  if (!temporary_.empty()) static_cast<void>(system_->files.unlink_at(AT_FDCWD, temporary_));
}

Result<void> MboxSink::add(const Message& message) {
  MboxWriter writer{dialect_, [this](std::string_view bytes) {
                      return write_all(system_->files, file_.get(), bytes);
                    }};
  const Instant time = message.time ? *message.time : system_->clock.now();
  LBX_TRY(writer.write({time.seconds, message.state}, message.content));
  return {};
}

Result<void> MboxSink::finish() {
  FileOps& files = system_->files;
  LBX_TRY(files.sync(file_.get()));
  if (!temporary_.empty()) {
    LBX_TRY(name_complete(files, temporary_, path_));
    temporary_.clear();
    LBX_TRY(sync_directory(files, AT_FDCWD, directory_of(path_)));
  }
  old_length_.reset();
  return files.close(std::move(file_));
}

}  // namespace lbx::convert
