// SPDX-License-Identifier: MIT
#include "convert/mbox_sink.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/mbox/appender.h"
#include "core/mbox/reader.h"

namespace lbx::convert {
namespace {

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
  MboxSink sink{system, path, options};
  const Result<struct stat> status = system.files.stat_at(AT_FDCWD, path);
  if (status && S_ISDIR(status->st_mode)) return Error::never(path + ": is a directory");
  if (status && !options.append) return Error::never(path + ": exists (see --append)");
  if (!status && status.error().os_error != ENOENT) return status.error();
  LBX_TRY(status ? sink.open_existing(locks) : sink.open_new());
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

Result<void> MboxSink::open_existing(LockOps& locks) {
  FileOps& files = system_->files;
  const MboxLockPolicy& policy = options_.locks;
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
  const bool named = LBX_TRY(still_named(files, AT_FDCWD, path_, file_.get()));
  if (!named) return Error::later(path_ + ": another program has replaced it");
  const struct stat status = LBX_TRY(files.stat_fd(file_.get()));
  old_length_ = static_cast<std::uint64_t>(status.st_size);
  if (*old_length_ == 0) return {};
  LBX_TRY(check_dialect());
  char last = '\n';
  LBX_TRY(files.read_at(file_.get(), &last, 1, *old_length_ - 1));
  return last == '\n' ? Result<void>{} : write_all(files, file_.get(), "\n\n");
}

MboxSink::~MboxSink() {
  if (!file_) return;
  if (old_length_) static_cast<void>(system_->files.truncate(file_.get(), *old_length_));
  if (!temporary_.empty()) static_cast<void>(system_->files.unlink_at(AT_FDCWD, temporary_));
}

/// A message without a length makes readers distrust all of them, and then what was not quoted
/// becomes a border.
Result<void> MboxSink::check_dialect() const {
  const bool lengths = has_lengths(options_.dialect);
  const Result<MboxReader> reader =
      MboxReader::open(system_->files, file_.get(), *old_length_, MboxReadOptions{});
  // What is no mbox has no lengths.
  const bool has = reader && has_lengths(reader->dialect());
  if (has == lengths) return {};
  return Error::never(path_ + ": is " + (has ? "" : "not ") +
                      "mboxcl or mboxcl2, and what is appended must be alike (see --dialect)");
}

Result<void> MboxSink::add(const Message& message) {
  const Instant time = message.time ? *message.time : system_->clock.now();
  MboxEntry entry{time.seconds, message.state, message.keywords, std::nullopt};
  if (options_.keep_uids) entry.uid = message.uid;
  const bool kept = LBX_TRY(keep(message.content));
  const MessageSource again = [this](const ChunkSink& sink) { return sink(kept_); };
  const MboxLosses lost = LBX_TRY(write(entry, kept ? again : message.content));
  if (!lost.empty() && on_loss_) on_loss_(lost);
  return {};
}

Result<MboxLosses> MboxSink::write(const MboxEntry& entry, const MessageSource& content) {
  MboxWriter writer{options_.dialect, [this](std::string_view bytes) { return put(bytes); }};
  std::optional<ImapNumbers> base = std::exchange(imap_base_, std::nullopt);
  if (base && options_.keep_uids) writer.set_imap_base(std::move(*base));
  return writer.write(entry, content);
}

/// Reads a message into memory; false where it is too large for that.
Result<bool> MboxSink::keep(const MessageSource& content) {
  kept_.clear();
  bool too_large = false;
  const Result<void> read = content([&](std::string_view chunk) -> Result<void> {
    too_large = kept_.size() + chunk.size() > kMaxKeptMessage;
    if (too_large) return Error::later("too large to be kept");
    kept_ += chunk;
    return {};
  });
  if (too_large) return false;
  if (!read) return read.error();
  return true;
}

Result<void> MboxSink::put(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < kMboxBuffer ? Result<void>{} : flush();
}

Result<void> MboxSink::flush() {
  LBX_TRY(write_all(system_->files, file_.get(), buffer_));
  buffer_.clear();
  return {};
}

Result<void> MboxSink::finish() {
  FileOps& files = system_->files;
  LBX_TRY(flush());
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
