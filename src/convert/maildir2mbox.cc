// SPDX-License-Identifier: MIT
#include "convert/maildir2mbox.h"

#include <fcntl.h>

#include "convert/maildir_source.h"
#include "core/base/io.h"
#include "core/maildir/maildir.h"
#include "core/mbox/appender.h"
#include "core/mbox/from_line.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kReturnPath = "Return-Path: <";

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
  UniqueFd fresh = LBX_TRY(
      files.open_at(maildir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, kMboxMode));
  LBX_TRY(copy_old(files, old, fresh.get()));
  for (const DatedEntry& each : list) {
    LBX_TRY(append_message(files, maildir, each, fresh.get()));
  }
  LBX_TRY(files.sync(fresh.get()));
  return files.close(std::move(fresh));
}

}  // namespace

Result<ToMboxReport> maildir_to_mbox(System& system, LockOps& locks, const ToMboxOptions& options,
                                     Progress& progress) {
  const UniqueFd maildir = LBX_TRY(open_maildir(system.files, AT_FDCWD, options.maildir));
  MaildirSource source = LBX_TRY(MaildirSource::open(system.files, maildir.get(), options.maildir));
  MboxSink sink = LBX_TRY(MboxSink::open(system, locks, options.mbox, options.writing));
  ToMboxReport report;
  Tally tally;
  LBX_TRY(convert_all(source, sink, progress, tally));
  LBX_TRY(sink.finish());
  report.messages = tally.messages;
  report.vanished = source.vanished();
  return report;
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

  const UniqueFd old =
      LBX_TRY(files.open_at(maildir.get(), mbox, O_RDWR | O_CREAT | O_APPEND, kMboxMode));
  LockWait wait{locks, kMboxLockTimeout};
  const bool locked =
      LBX_TRY(lock_file(locks, old.get(), KernelLock::Flock, LockMode::Exclusive, wait));
  if (!locked) return Error::later("unable to lock " + mbox);
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
