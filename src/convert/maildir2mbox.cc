// SPDX-License-Identifier: MIT
#include "convert/maildir2mbox.h"

#include <fcntl.h>

#include <cerrno>
#include <map>
#include <utility>

#include "convert/maildir_files.h"
#include "convert/maildir_source.h"
#include "core/base/io.h"
#include "core/base/path.h"
#include "core/maildir/folder_name.h"
#include "core/maildir/maildir.h"
#include "core/mbox/appender.h"
#include "core/mbox/from_line.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kReturnPath = "Return-Path: <";
constexpr mode_t kTreeMode = 0700;

Result<std::string> required(const System& system, const std::string& name) {
  const auto value = lookup(system.environment, name);
  if (!value) return Error::later(name + " not set");
  return *value;
}

/// The sender as qmail's program finds it: in a first line that begins with "Return-Path: <", byte
/// for byte, all but its last octet; else XXX.
Result<std::string> qmail_sender(FileOps& files, int message) {
  std::string head(kMaxFromLine, '\0');
  const std::size_t got = LBX_TRY(files.read_at(message, head.data(), head.size(), 0));
  const std::string_view line = std::string_view{head}.substr(0, std::string_view{head}.find('\n'));
  const bool found =
      line.size() < got && line.starts_with(kReturnPath) && line.size() > kReturnPath.size();
  return std::string{found ? line.substr(0, line.size() - 1).substr(kReturnPath.size()) : "XXX"};
}

Result<void> append_message(FileOps& files, int maildir, const DatedEntry& each, int mbox) {
  const UniqueFd message = LBX_TRY(files.open_at(maildir, each.entry.path(), O_RDONLY));
  const std::string sender = LBX_TRY(qmail_sender(files, message.get()));
  return write_quoted(
      FromQuoting::Nested, format_from_line(sender, each.seconds),
      [&](const ChunkSink& sink) { return for_each_chunk(files, message.get(), sink); },
      [&](std::string_view bytes) { return write_all(files, mbox, bytes); });
}

/// Copies what is there, and ends a last line that was cut off.
Result<void> copy_old(FileOps& files, int from, int to) {
  char last = '\n';
  LBX_TRY(for_each_chunk(files, from, [&](std::string_view chunk) {
    last = chunk.back();
    return write_all(files, to, chunk);
  }));
  return last == '\n' ? Result<void>{} : write_all(files, to, "\n\n");
}

/// MAILTMP with all of it, durable. The lock on `old` is held by the caller.
Result<void> write_new(FileOps& files, int maildir, const std::vector<DatedEntry>& list, int old,
                       const std::string& temporary) {
  // It is emptied once it is known that it is not the mbox itself, under another name.
  UniqueFd fresh =
      LBX_TRY(files.open_at(maildir, temporary, O_WRONLY | O_CREAT | O_APPEND, kMboxMode));
  if (LBX_TRY(still_named(files, maildir, temporary, old))) {
    return Error::later(temporary + " is the mbox itself");
  }
  LBX_TRY(files.truncate(fresh.get(), 0));
  LBX_TRY(copy_old(files, old, fresh.get()));
  for (const DatedEntry& each : list) {
    LBX_TRY(append_message(files, maildir, each, fresh.get()));
  }
  LBX_TRY(files.sync(fresh.get()));
  return files.close(std::move(fresh));
}

/// The mbox, made if it is missing, with its lock.
Result<UniqueFd> open_locked(FileOps& files, LockOps& locks, int maildir, const std::string& mbox) {
  LockWait wait{locks, kMboxLockTimeout};
  do {
    UniqueFd file = LBX_TRY(files.open_at(maildir, mbox, O_RDWR | O_CREAT | O_APPEND, kMboxMode));
    const bool locked =
        LBX_TRY(lock_file(locks, file.get(), KernelLock::Flock, LockMode::Exclusive, wait));
    if (!locked) break;
    if (LBX_TRY(still_named(files, maildir, mbox, file.get()))) return file;
  } while (wait.again());
  return Error::later("unable to lock " + mbox);
}

/// One run: a folder after the other.
class ToMbox {
 public:
  ToMbox(System& system, LockOps& locks, const ToMboxOptions& options, Progress& progress,
         const OnLostMessage& on_loss)
      : system_{&system},
        locks_{&locks},
        options_{&options},
        progress_{&progress},
        on_loss_{&on_loss} {}

  Result<ToMboxReport> run() {
    root_ = LBX_TRY(open_maildir(files(), AT_FDCWD, options_->maildir));
    std::vector<FolderName> folders{FolderName{}};
    for (const std::string& each : LBX_TRY(list_folders(files(), root_.get(), "."))) {
      // What is no Maildir is no folder, whatever its name is.
      const bool is_one = LBX_TRY(exists(files(), root_.get(), each + "/cur"));
      if (is_one) folders.push_back(FolderName::of_directory(each));
    }
    if (!options_->tree) {
      report_.folders_left = folders.size() - 1;
      LBX_TRY(write(FolderName{}, options_->mbox));
      return std::move(report_);
    }
    LBX_TRY(require_free(folders));
    for (const FolderName& each : folders) {
      const std::string below = mbox_path(options_->layout, each);
      LBX_TRY(make_directories(below));
      LBX_TRY(write(each, options_->mbox + '/' + below));
    }
    return std::move(report_);
  }

 private:
  FileOps& files() const { return system_->files; }

  /// Before anything is written: each folder has a file of its own, which is not there yet.
  Result<void> require_free(const std::vector<FolderName>& folders) const {
    std::map<std::string, std::string> taken;
    for (const FolderName& each : folders) {
      const std::string path = options_->mbox + '/' + mbox_path(options_->layout, each);
      const auto [other, fresh] = taken.emplace(path, each.directory());
      if (!fresh) {
        return Error::never(path + ": is the name of two folders, " + other->second + " and " +
                            each.directory());
      }
      const bool there = !options_->writing.append && LBX_TRY(exists(files(), AT_FDCWD, path));
      if (there) return Error::never(path + ": exists (see --append)");
    }
    return {};
  }

  /// Those of the tree that lead to `below`.
  Result<void> make_directories(const std::string& below) const {
    for (std::size_t at = 0; at != std::string::npos; at = below.find('/', at + 1)) {
      const std::string path = options_->mbox + '/' + below.substr(0, at);
      Result<void> made = files().make_directory(AT_FDCWD, path, kTreeMode);
      if (made) LBX_TRY(sync_directory(files(), AT_FDCWD, split_path(path).parent));
      if (!made && made.error().os_error != EEXIST) return made;
    }
    return {};
  }

  Result<void> write(const FolderName& folder, const std::string& path) {
    const std::string below = folder.is_inbox() ? "" : folder.directory() + '/';
    const std::string from = folder.is_inbox() ? "." : folder.directory();
    const UniqueFd maildir = LBX_TRY(open_maildir(files(), root_.get(), from));
    const auto order =
        options_->writing.keep_uids ? MaildirSource::Order::ByUid : MaildirSource::Order::ByTime;
    MaildirSource source = LBX_TRY(
        MaildirSource::open(files(), maildir.get(), options_->maildir + '/' + below, order));
    MboxSink sink = LBX_TRY(MboxSink::open(*system_, *locks_, path, options_->writing));
    if (source.uids()) sink.set_imap_base(*source.uids());
    sink.on_loss([&](const MboxLosses& losses) {
      ++report_.lossy;
      (*on_loss_)(options_->maildir + '/' + below + source.current(), losses);
    });
    const std::uint64_t before = tally_.messages;
    LBX_TRY(convert_all(source, sink, *progress_, tally_));
    LBX_TRY(sink.finish());
    report_.files.push_back({path, tally_.messages - before});
    report_.messages = tally_.messages;
    report_.vanished += source.vanished();
    return {};
  }

  System* system_;
  LockOps* locks_;
  const ToMboxOptions* options_;
  Progress* progress_;
  const OnLostMessage* on_loss_;
  UniqueFd root_;
  Tally tally_;
  ToMboxReport report_;
};

}  // namespace

Result<ToMboxReport> maildir_to_mbox(System& system, LockOps& locks, const ToMboxOptions& options,
                                     Progress& progress, const OnLostMessage& on_loss) {
  return ToMbox{system, locks, options, progress, on_loss}.run();
}

Result<std::uint64_t> qmail_maildir2mbox(System& system, LockOps& locks) {
  FileOps& files = system.files;
  const std::string maildir_path = LBX_TRY(required(system, "MAILDIR"));
  const std::string mbox = LBX_TRY(required(system, "MAIL"));
  const std::string temporary = LBX_TRY(required(system, "MAILTMP"));
  // All names are relative to the Maildir, as the original changes into it.
  const UniqueFd maildir = LBX_TRY(open_maildir(files, AT_FDCWD, maildir_path));
  clear_stale_tmp(files, maildir.get(), system.clock.now());
  const std::vector<DatedEntry> list = LBX_TRY(list_by_time(files, maildir.get()));
  if (list.empty()) return std::uint64_t{0};

  const UniqueFd old = LBX_TRY(open_locked(files, locks, maildir.get(), mbox));
  LBX_TRY(write_new(files, maildir.get(), list, old.get(), temporary));
  LBX_TRY(files.rename_at(maildir.get(), temporary, maildir.get(), mbox));
  LBX_TRY(sync_directory(files, maildir.get(), directory_of(mbox)));

  std::uint64_t left = 0;
  for (const DatedEntry& each : list) {
    if (!files.unlink_at(maildir.get(), each.entry.path())) ++left;
  }
  return left;
}

}  // namespace lbx::convert
