// SPDX-License-Identifier: MIT
#include "core/maildir/quota.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <unordered_set>

#include "core/base/io.h"
#include "core/maildir/maildir.h"

namespace lbx {
namespace {

constexpr const char* kFile = "maildirsize";
constexpr const char* kLockFile = "letterbox-quota.lock";
constexpr mode_t kFileMode = 0600;
constexpr std::array<const char*, 2> kCounted{"new", "cur"};

bool is_gone(const Error& error) {
  return error.os_error == ENOENT || error.os_error == ENOTDIR || error.os_error == ESTALE;
}

bool has_no_locks(const Error& error) {
  static constexpr std::array kCodes{ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
  return std::ranges::find(kCodes, error.os_error) != kCodes.end();
}

/// The Maildir and its folders, as prefixes of paths. A folder that is a symbolic link is another
/// mailbox, and has its own quota.
Result<std::vector<std::string>> mailboxes(FileOps& files, int maildir, const std::string& prefix) {
  std::vector<std::string> out{prefix};
  for (const std::string& each :
       LBX_TRY(list_folders(files, maildir, prefix.empty() ? "." : prefix))) {
    out.push_back(prefix + each + '/');
  }
  return out;
}

Result<void> count_file(FileOps& files, int maildir, const std::string& directory,
                        const DirectoryEntry& entry, QuotaUsage& usage,
                        std::unordered_set<std::string>& seen) {
  const Result<MessageFileName> name = MessageFileName::parse(entry.name);
  if (entry.is_directory || !name) return {};
  // A reader moves messages from new/ to cur/ meanwhile: one that was seen here counts once.
  if (!seen.insert(name->base.str()).second) return {};
  std::optional<std::uint64_t> octets = name->base.stored_octets();
  if (!octets) {
    const Result<struct stat> status = files.stat_at(maildir, directory + '/' + entry.name);
    if (!status && is_gone(status.error())) return {};
    if (!status) return status.error();
    octets = static_cast<std::uint64_t>(status->st_size);
  }
  usage.octets += *octets;
  ++usage.messages;
  return {};
}

Result<void> count_mailbox(FileOps& files, int maildir, const std::string& mailbox,
                           QuotaUsage& usage) {
  std::unordered_set<std::string> seen;
  for (const char* each : kCounted) {
    const std::string directory = mailbox + each;
    const Result<std::vector<DirectoryEntry>> entries = files.list(maildir, directory);
    if (!entries && is_gone(entries.error())) continue;
    if (!entries) return entries.error();
    for (const DirectoryEntry& entry : *entries) {
      LBX_TRY(count_file(files, maildir, directory, entry, usage, seen));
    }
  }
  return {};
}

struct Stamp {
  std::int64_t seconds;
  std::int64_t nanos;
  bool operator==(const Stamp&) const = default;
};

/// When each directory that is counted was last changed.
std::vector<Stamp> stamps(FileOps& files, int maildir, const std::vector<std::string>& mailboxes) {
  std::vector<Stamp> out;
  for (const std::string& mailbox : mailboxes) {
    for (const char* each : kCounted) {
      const Result<struct stat> status = files.stat_at(maildir, mailbox + each);
      out.push_back(status ? Stamp{status->st_mtim.tv_sec, status->st_mtim.tv_nsec} : Stamp{});
    }
  }
  return out;
}

/// At most one octet more than a good file has.
Result<std::string> read_beginning(FileOps& files, int fd) {
  std::string text(kMaxMaildirsize + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t got = LBX_TRY(files.read(fd, text.data() + size, text.size() - size));
    if (got == 0) break;
    size += got;
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<QuotaUsage> count_usage(FileOps& files, int maildir, const std::string& prefix) {
  for (int attempt = 1;; ++attempt) {
    const std::vector<std::string> all = LBX_TRY(mailboxes(files, maildir, prefix));
    const std::vector<Stamp> before = stamps(files, maildir, all);
    QuotaUsage usage;
    for (const std::string& each : all) LBX_TRY(count_mailbox(files, maildir, each, usage));
    if (attempt == kMaxCounts || stamps(files, maildir, all) == before) return usage;
  }
}

Result<std::optional<MaildirQuota>> MaildirQuota::find(System& system, int maildir,
                                                       std::string prefix,
                                                       const DefaultLimit& fallback) {
  MaildirQuota quota{system, maildir, std::move(prefix)};
  const bool there = LBX_TRY(quota.load());
  if (!there || !quota.size_.limit_known) {
    quota.size_.limit = LBX_TRY(fallback());
    if (!quota.size_.limit.any()) return std::optional<MaildirQuota>{};
  }
  return std::optional{std::move(quota)};
}

/// Reads the file; the limit that was found first stays where it has none now. False: no file.
Result<bool> MaildirQuota::load() {
  FileOps& files = system_->files;
  const QuotaLimit limit = size_.limit;
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  const Result<UniqueFd> file = files.open_at(maildir_, path(kFile), O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error != ENOENT) return file.error();
  size_ = Maildirsize::parse(file ? LBX_TRY(read_beginning(files, file->get())) : "");
  if (!size_.limit_known) size_.limit = limit;
  if (!file) return false;
  const struct stat status = LBX_TRY(files.stat_fd(file->get()));
  changed_ = status.st_mtim.tv_sec;
  return true;
}

/// A broken file is never believed, and one that says "full" only when it is fresh from a count.
bool MaildirQuota::must_count(std::uint64_t octets) const {
  if (size_.broken) return true;
  if (surely_has_room(octets)) return false;
  return size_.lines > 1 || system_->clock.now().seconds - changed_ >= kStaleQuotaSeconds;
}

Result<void> MaildirQuota::count() {
  size_.usage = LBX_TRY(count_usage(system_->files, maildir_, prefix_));
  size_.lines = 1;
  size_.broken = false;
  changed_ = system_->clock.now().seconds;
  return {};
}

bool MaildirQuota::surely_has_room(std::uint64_t octets) const {
  return !size_.broken && size_.limit.has_room(size_.usage, octets);
}

Result<bool> MaildirQuota::has_room(std::uint64_t octets) {
  if (must_count(octets)) LBX_TRY(count());
  return size_.limit.has_room(size_.usage, octets);
}

Result<UniqueFd> MaildirQuota::take_turn(const Locker& lock) {
  UniqueFd file = LBX_TRY(system_->files.open_at(
      maildir_, path(kLockFile), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, kFileMode));
  const Result<bool> locked = lock(file.get());
  if (!locked && !has_no_locks(locked.error())) return locked.error();
  if (locked && !*locked) return Error::later("the quota of the Maildir stays locked");
  return file;
}

Result<void> MaildirQuota::recount() {
  LBX_TRY(load());
  LBX_TRY(count());
  return write_anew();
}

Result<bool> MaildirQuota::settle(std::uint64_t octets) {
  LBX_TRY(load());
  if (must_count(octets)) {
    LBX_TRY(count());
    LBX_TRY(write_anew());
  }
  return size_.limit.has_room(size_.usage, octets);
}

Result<bool> MaildirQuota::add(std::uint64_t octets, Room room) {
  const bool has_room = LBX_TRY(settle(octets));
  if (room == Room::Needed && !has_room) return false;
  LBX_TRY(append(maildirsize_line({octets, 1}, 1)));
  size_.usage.octets += octets;
  ++size_.usage.messages;
  ++size_.lines;
  return true;
}

Result<void> MaildirQuota::take_back(std::uint64_t octets) {
  LBX_TRY(append(maildirsize_line({octets, 1}, -1)));
  size_.usage.octets -= octets;
  --size_.usage.messages;
  return {};
}

/// One write, so that lines of different programs do not mix. No sync: what a power failure takes
/// away is counted again.
Result<void> MaildirQuota::append(const std::string& line) const {
  FileOps& files = system_->files;
  const UniqueFd file =
      LBX_TRY(files.open_at(maildir_, path(kFile), O_WRONLY | O_APPEND | O_NONBLOCK));
  const std::size_t put = LBX_TRY(files.write(file.get(), line));
  if (put != line.size()) return Error::later("write maildirsize: only part was written");
  return {};
}

/// Beside its place, then renamed over the old one. Synced, as the limit may stand nowhere else.
Result<void> MaildirQuota::write_anew() const {
  FileOps& files = system_->files;
  const UniqueName::Seed seed{system_->clock.now(), system_->pid, system_->randomness.bits64(),
                              system_->host_name};
  const std::string name = prefix_ + "tmp/" + UniqueName::make_temporary(seed).str();
  UniqueFd file = LBX_TRY(files.open_at(maildir_, name, O_WRONLY | O_CREAT | O_EXCL, kFileMode));
  Result<void> done = write_all(files, file.get(), size_.str());
  if (done) done = files.sync(file.get());
  if (done) done = files.close(std::move(file));
  if (done) done = files.rename_at(maildir_, name, maildir_, path(kFile));
  if (!done) static_cast<void>(files.unlink_at(maildir_, name));
  return done;
}

}  // namespace lbx
