// SPDX-License-Identifier: MIT
#include "convert/archive_source.h"

#include <fcntl.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "convert/expand.h"
#include "convert/folder_levels.h"
#include "convert/recognise.h"
#include "convert/single_message.h"
#include "core/base/io.h"
#include "core/base/path.h"
#include "core/maildir/maildir.h"
#include "core/mbox/border.h"
#include "core/message/spool.h"

namespace lbx::convert {
namespace {

/// Octets of a member's name at most, so that a line of the record can hold it.
constexpr std::size_t kMaxMemberName = 1000;

ArchiveLimits limits_of(const ArchiveSource::Options& options) {
  ArchiveLimits limits{};
  limits.octets = options.mbox.max_expanded;
  return limits;
}

/// One bad member says nothing of the others: it counts as a message that cannot be read.
Message unreadable(const Error& error) {
  Message message{};
  message.content = [error](const ChunkSink&) -> Result<void> { return error; };
  return message;
}

Error in_member(const std::string& member, Error error) {
  error.what = member + ": " + error.what;
  return error;
}

}  // namespace

ArchiveSource::ArchiveSource(System& system, LockOps& locks, std::string path, std::string name,
                             Options options, UniqueFd file, ArchiveReader reader)
    : system_{&system},
      locks_{&locks},
      path_{std::move(path)},
      name_{std::move(name)},
      options_{std::move(options)},
      file_{std::move(file)},
      reader_{std::move(reader)} {}

Result<ArchiveSource> ArchiveSource::open(System& system, LockOps& locks, const std::string& path,
                                          std::string name, const Options& options) {
  FileOps& files = system.files;
  UniqueFd file = LBX_TRY(files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
  const struct stat status = LBX_TRY(files.stat_fd(file.get()));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Result<ArchiveReader> reader = ArchiveReader::open(files, file.get(), size, limits_of(options));
  if (!reader) return in_member(path, reader.error());
  ArchiveSource source{
      system, locks, path, std::move(name), options, std::move(file), std::move(*reader)};
  source.size_ = size;
  source.stamp_ = file_stamp(status);
  return source;
}

FolderName ArchiveSource::folder_of(std::vector<std::string> levels) const {
  std::vector<std::string> all = options_.below;
  if (!options_.flat) std::ranges::move(levels, std::back_inserter(all));
  return FolderName::of_levels(all);
}

Result<std::optional<Message>> ArchiveSource::next() {
  for (;;) {
    if (mailbox_) {
      std::optional<Message> message = LBX_TRY(mailbox_->next());
      if (message) return message;
      close_mailbox();
    }
    if (message_) return std::exchange(message_, std::nullopt);
    const bool more = LBX_TRY(open_member());
    if (!more) return std::optional<Message>{};
  }
}

/// Looks at the next member. False at the end of the archive.
Result<bool> ArchiveSource::open_member() {
  const std::optional<std::string> member = LBX_TRY(reader_.next());
  if (!member) return false;
  std::string head(kRecognisedHead, '\0');
  std::size_t held = 0;
  while (held < head.size()) {
    const Result<std::size_t> got = reader_.read(head.data() + held, head.size() - held);
    if (!got) return in_member(printable(*member), got.error());
    if (*got == 0) break;
    held += *got;
  }
  head.resize(held);
  const std::string shown = printable(member->substr(0, kMaxMemberName));
  const bool mail = is_mail(head, *member);
  if (!mail) return true;
  Result<UniqueFd> content = unpack(head);
  if (!content) return in_member(shown, content.error());
  const Result<void> opened = open_content(*member, std::move(head), std::move(*content));
  if (!opened) message_ = unreadable(in_member(shown, opened.error()));
  return true;
}

/// By its head: whether it is worth unpacking.
bool ArchiveSource::is_mail(const std::string& head, const std::string& member) {
  const std::string_view name = last_part(member);
  if (head.empty()) return false;
  const ContentKind kind = recognise(head, name).kind;
  const bool compressed = detect_compression(head) != Compression::None;
  const bool other = kind == ContentKind::Zip || kind == ContentKind::Tar ||
                     (kind == ContentKind::Other && !compressed);
  const bool mail = !other && !name.starts_with('.');  // "._x": what a Mac adds for itself
  if (!mail) ++others_;
  return mail;
}

Result<void> ArchiveSource::open_content(const std::string& member, std::string head,
                                         UniqueFd content) {
  const std::string inside{without_wrapping(member)};
  const std::string_view name = last_part(member);
  const Compression compression = detect_compression(head);
  if (compression != Compression::None) {
    content = LBX_TRY(expand(*system_, content.get(), compression, options_.mbox.max_expanded));
    head.resize(kRecognisedHead);
    const std::size_t got =
        LBX_TRY(system_->files.read_at(content.get(), head.data(), head.size(), 0));
    head.resize(got);
  }
  const Recognised what = recognise(head, name);
  if (what.kind == ContentKind::Unsupported) {
    return Error::never(std::string{"this is "} + what.what + ", which cannot be read");
  }
  if (what.kind == ContentKind::Mailbox) return open_mailbox(std::move(content), member);
  if (what.kind != ContentKind::Message && what.kind != ContentKind::Emlx) {
    ++others_;
    return {};
  }
  content_ = std::move(content);
  const struct stat status = LBX_TRY(system_->files.stat_fd(content_.get()));
  Message message = LBX_TRY(read_single_message(
      system_->files, content_.get(), static_cast<std::uint64_t>(status.st_size),
      what.kind == ContentKind::Emlx ? MessageForm::Emlx : MessageForm::Plain));
  message.folder = folder_of(levels_of_directory(split_path(inside).parent));
  message_ = std::move(message);
  ++messages_;
  return {};
}

Result<void> ArchiveSource::open_mailbox(UniqueFd content, const std::string& member) {
  MboxSource::Options options = options_.mbox;
  options.folder = folder_of(levels_of_mailbox(without_wrapping(member)));
  const std::string shown = printable(member.substr(0, kMaxMemberName));
  MboxSource mailbox = LBX_TRY(MboxSource::open_private(*system_, *locks_, std::move(content),
                                                        path_ + '!' + shown, name_, options));
  mailbox_ = std::make_unique<MboxSource>(std::move(mailbox));
  ++mailboxes_;
  return {};
}

/// The rest of the member, behind its `head`.
Result<UniqueFd> ArchiveSource::unpack(const std::string& head) {
  SpoolWriter spool{*system_,
                    [](std::string text) { return text; },
                    {SpoolLimits{}.memory, options_.mbox.max_expanded}};
  LBX_TRY(spool.write(head));
  std::string chunk(kIoChunk, '\0');
  for (;;) {
    const std::size_t got = LBX_TRY(reader_.read(chunk.data(), chunk.size()));
    if (got == 0) return std::move(spool).finish();
    LBX_TRY(spool.write(std::string_view{chunk}.substr(0, got)));
  }
}

void ArchiveSource::close_mailbox() {
  Result<Findings> found = mailbox_->findings();
  mailbox_.reset();
  if (!found) return;  // the messages were given all the same
  findings_.left_out += found->left_out;
  findings_.doubt_count += found->doubt_count;
  for (Doubt& each : found->doubts) {
    if (findings_.doubts.size() < kMaxKeptWarnings) findings_.doubts.push_back(std::move(each));
  }
}

Result<bool> ArchiveSource::resume(const std::string& /*mark*/) {
  reader_ = LBX_TRY(ArchiveReader::open(system_->files, file_.get(), size_, limits_of(options_)));
  mailbox_.reset();
  message_.reset();
  findings_ = {};
  mailboxes_ = messages_ = others_ = 0;
  return false;
}

Result<void> ArchiveSource::check() {
  const struct stat now = LBX_TRY(system_->files.stat_fd(file_.get()));
  if (file_stamp(now) == stamp_) return {};
  return Error::later(path_ + ": another program changed it while it was read");
}

Result<Findings> ArchiveSource::findings() {
  Findings out = findings_;
  out.decided = "archive: " + std::to_string(mailboxes_) + " mailboxes, " +
                std::to_string(messages_) + " single messages, " + std::to_string(others_) +
                " files without mail";
  return out;
}

Result<void> ArchiveSource::remove() {
  const struct stat named = LBX_TRY(system_->files.stat_at(AT_FDCWD, path_));
  if (file_stamp(named) != stamp_) {
    return Error::later(path_ + ": another program changed it: it is not removed");
  }
  return system_->files.unlink_at(AT_FDCWD, path_);
}

}  // namespace lbx::convert
