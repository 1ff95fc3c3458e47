// SPDX-License-Identifier: MIT
#include "convert/mbox_source.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <utility>

#include "convert/expand.h"
#include "core/base/ascii.h"
#include "core/base/digest.h"

namespace lbx::convert {
namespace {

/// Octets at the file's beginning, and before a mark, that tell whether it is still the same.
constexpr std::uint64_t kMarkOctets = 4096;
constexpr std::size_t kMarkDigits = 16;
/// Octets of a doubtful line that are shown.
constexpr std::size_t kShownText = 200;

Error about(const std::string& path, Error error) {
  error.what = path + ": " + error.what;
  return error;
}

/// Where locks are unknown, check() tells what a lock would have prevented.
Result<void> lock_for_reading(LockOps& locks, int fd, const MboxLockPolicy& policy) {
  LockWait wait{locks, policy.timeout};
  const Result<bool> locked = lock_file(locks, fd, policy.kernel, LockMode::Shared, wait);
  if (locked && !*locked) return Error::later("is locked by another program");
  return {};
}

Result<UniqueFd> expand_if_compressed(System& system, int fd, std::uint64_t limit) {
  std::array<char, 8> head{};
  const std::size_t got = LBX_TRY(system.files.read_at(fd, head.data(), head.size(), 0));
  const Compression compression = detect_compression({head.data(), got});
  if (compression == Compression::None) return UniqueFd{};
  return expand(system, fd, compression, limit);
}

Result<std::string> read_range(FileOps& files, int fd, std::uint64_t begin, std::uint64_t end) {
  std::string text(end - begin, '\0');
  std::size_t held = 0;
  while (held < text.size()) {
    const std::size_t got =
        LBX_TRY(files.read_at(fd, text.data() + held, text.size() - held, begin + held));
    if (got == 0) break;
    held += got;
  }
  text.resize(held);
  return text;
}

bool same_content(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

MboxReadOptions reading(const MboxSource::Options& options) {
  MboxReadOptions read = options.read;
  read.gmail_labels = options.labels != LabelUse::None;
  return read;
}

std::string decided_by(const MboxReader& reader) {
  std::string text{to_string(reader.dialect())};
  if (!reader.dialect_certain()) text += " assumed";
  if (reader.unquoted_lines() > 0) {
    text += ", " + std::to_string(reader.unquoted_lines()) + " lines unquoted";
  }
  return text;
}

}  // namespace

/// A directory that we cannot write to is one that no delivery makes a lock in for us either.
Result<std::optional<DotLock>> MboxSource::take_dot_lock(System& system, LockOps& locks,
                                                         const std::string& path,
                                                         const MboxLockPolicy& policy) {
  if (!policy.dot_lock) return std::optional<DotLock>{};
  LockWait wait{locks, policy.timeout};
  Result<std::optional<DotLock>> lock =
      DotLock::acquire(system, locks, AT_FDCWD, path, wait, LockMode::Shared);
  if (lock && !*lock) return Error::later(path + ".lock is in the way");
  const int code = lock ? 0 : lock.error().os_error;
  if (code == EACCES || code == EPERM || code == EROFS) return std::optional<DotLock>{};
  return lock;
}

Result<MboxSource> MboxSource::open(System& system, LockOps& locks, const std::string& path,
                                    std::string name, const Options& options) {
  FileOps& files = system.files;
  // Not to wait for the other end of a FIFO that somebody named.
  Result<UniqueFd> file = files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  const struct stat before = LBX_TRY(files.stat_fd(file->get()));
  if (S_ISDIR(before.st_mode)) return Error::never(path + ": is a directory, not an mbox");
  if (!S_ISREG(before.st_mode)) return Error::never(path + ": is not a regular file");

  Result<UniqueFd> spool = expand_if_compressed(system, file->get(), options.max_expanded);
  if (!spool) return about(path, spool.error());
  const bool live = options.live && !*spool;
  MboxLockPolicy dot_policy = options.locks;
  dot_policy.dot_lock = dot_policy.dot_lock && !live && !*spool;
  std::optional<DotLock> dot_lock = LBX_TRY(take_dot_lock(system, locks, path, dot_policy));
  if (!live && !*spool) {
    const Result<void> locked = lock_for_reading(locks, file->get(), options.locks);
    if (!locked) return about(path, locked.error());
  }
  const int fd = *spool ? spool->get() : file->get();
  const struct stat status = LBX_TRY(files.stat_fd(file->get()));
  const struct stat content = LBX_TRY(files.stat_fd(fd));
  const auto size = static_cast<std::uint64_t>(content.st_size);
  Result<MboxReader> reader = MboxReader::open(files, fd, size, reading(options));
  if (!reader) return about(path, reader.error());
  MboxSource source{
      system, locks, path, std::move(name), options, std::move(*file), std::move(*reader)};
  if (dot_lock) source.dot_lock_.emplace(std::move(*dot_lock));
  source.spool_ = std::move(*spool);
  source.status_ = status;
  source.size_ = size;
  source.caught_up_ = !live;
  return source;
}

Result<MboxSource> MboxSource::open_private(System& system, LockOps& locks, UniqueFd file,
                                            const std::string& path, std::string name,
                                            const Options& options) {
  const struct stat status = LBX_TRY(system.files.stat_fd(file.get()));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Result<MboxReader> reader = MboxReader::open(system.files, file.get(), size, reading(options));
  if (!reader) return about(path, reader.error());
  MboxSource source{
      system, locks, path, std::move(name), options, std::move(file), std::move(*reader)};
  source.status_ = status;
  source.size_ = size;
  return source;
}

/// Live, the last message of the snapshot may be one that is being written: before it is given,
/// other programs are locked out and the rest of the file counts too.
Result<void> MboxSource::catch_up(std::uint64_t offset) {
  FileOps& files = system_->files;
  const std::string before = LBX_TRY(digest_before(offset));
  std::optional<DotLock> lock = LBX_TRY(take_dot_lock(*system_, *locks_, path_, options_.locks));
  if (lock) dot_lock_.emplace(std::move(*lock));
  const Result<void> locked = lock_for_reading(*locks_, file_.get(), options_.locks);
  if (!locked) return about(path_, locked.error());
  caught_up_ = true;
  const struct stat status = LBX_TRY(files.stat_fd(file_.get()));
  const struct stat named = LBX_TRY(files.stat_at(AT_FDCWD, path_));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const bool same =
      same_file(status, named) && size >= size_ && LBX_TRY(digest_before(offset)) == before;
  // What was rewritten keeps the old status: check() will say so.
  if (same) status_ = status;
  size_ = size;
  if (same && reader_.begin() == reader_.position() && offset == reader_.begin()) {
    reader_ = LBX_TRY(MboxReader::open(files, file_.get(), size, reading(options_)));
    return {};
  }
  const bool found = same && LBX_TRY(reader_.go_to(offset, size));
  if (found) return {};
  return Error::later(path_ + ": another program rewrote it while it was read");
}

/// What servers and mail programs knew of it besides the octets.
void MboxSource::keep(MboxMessage& message, Message& out) const {
  out.keywords = std::move(message.keywords);
  out.uidl = std::move(message.pop3_id);
  if (const auto& numbers = reader_.imap_numbers()) {
    out.uid = message.uid;
    out.uid_validity = numbers->validity;
    out.last_uid = numbers->last_uid;
  }
  if (!message.gmail_labels) return;
  const FolderName folder = out.folder;
  apply_labels(*message.gmail_labels, options_.labels, out);
  if (out.folder == folder || options_.label_base.is_inbox()) return;
  std::vector<std::string> levels = options_.label_base.levels();
  std::ranges::copy(out.folder.levels(), std::back_inserter(levels));
  out.folder = FolderName::of_levels(levels);
}

Result<std::optional<Message>> MboxSource::next() {
  for (;;) {
    const std::uint64_t offset = reader_.position();
    Result<std::optional<MboxMessage>> found = reader_.next();
    if (!found) return about(path_, found.error());
    if (!caught_up_ && reader_.position() == size_) {
      LBX_TRY(catch_up(offset));
      continue;
    }
    if (!*found) return std::optional<Message>{};
    MboxMessage& message = **found;
    if (options_.skip_deleted && message.state.letters.find('T') != std::string::npos) {
      ++skipped_deleted_;
      continue;
    }
    Message out{message.state, std::nullopt, {}};
    if (message.date) out.time = Instant{*message.date, 0};
    out.folder = options_.folder;
    keep(message, out);
    out.content = [this, message = std::move(message)](const ChunkSink& sink) {
      return reader_.read(message, sink);
    };
    return std::optional<Message>{std::move(out)};
  }
}

Result<std::string> MboxSource::digest_before(std::uint64_t offset) const {
  const std::uint64_t length = std::min(offset, kMarkOctets);
  std::string text = LBX_TRY(read_range(system_->files, content(), 0, length));
  text += LBX_TRY(read_range(system_->files, content(), offset - length, offset));
  return sha256_hex(text).substr(0, kMarkDigits);
}

std::string MboxSource::mark() const {
  const std::uint64_t offset = position();
  const Result<std::string> digest = digest_before(offset);
  return digest ? std::to_string(offset) + '.' + *digest : "";
}

Result<bool> MboxSource::resume(const std::string& mark) {
  skipped_deleted_ = 0;
  const std::size_t dot = std::min(mark.find('.'), mark.size());
  const auto offset = ascii::parse_number(std::string_view{mark}.substr(0, dot));
  if (offset && *offset <= size_) {
    const std::string digest = LBX_TRY(digest_before(*offset));
    const bool same = digest == std::string_view{mark}.substr(std::min(dot + 1, mark.size()));
    const bool found = same && LBX_TRY(reader_.go_to(*offset, size_));
    if (found) return true;
  }
  const bool begins = LBX_TRY(reader_.go_to(reader_.begin(), size_));
  if (!begins) return Error::later(path_ + ": another program changed it while it was read");
  return false;
}

Result<void> MboxSource::check() {
  const struct stat now = LBX_TRY(system_->files.stat_fd(file_.get()));
  if (same_content(now, status_)) return {};
  return Error::later(path_ + ": another program changed it while it was read");
}

std::string MboxSource::stamp() const {
  return file_stamp(status_);
}

Result<Findings> MboxSource::findings() {
  Findings out;
  out.decided = decided_by(reader_);
  out.left_out = skipped_deleted_ + reader_.pseudo_messages();
  const MboxWarnings& warnings = reader_.warnings();
  out.doubt_count = warnings.count();
  std::vector<MboxWarning> kept = warnings.kept();
  std::ranges::sort(kept, {}, &MboxWarning::offset);
  std::vector<std::uint64_t> offsets;
  offsets.reserve(kept.size());
  for (const MboxWarning& each : kept) offsets.push_back(each.offset);
  const std::vector<std::uint64_t> lines =
      LBX_TRY(MboxReader::line_numbers(system_->files, content(), offsets));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::uint64_t end = std::min(offsets[i] + kShownText, size_);
    std::string text = LBX_TRY(read_range(system_->files, content(), offsets[i], end));
    text.resize(std::min(text.find_first_of("\r\n"), text.size()));
    out.doubts.push_back({path_ + ':' + std::to_string(lines[i]),
                          std::string{describe(kept[i].doubt)}, printable(std::move(text))});
  }
  return out;
}

Result<void> MboxSource::remove() {
  FileOps& files = system_->files;
  const struct stat now = LBX_TRY(files.stat_fd(file_.get()));
  const struct stat named = LBX_TRY(files.stat_at(AT_FDCWD, path_));
  if (!same_content(now, status_) || !same_file(now, named)) {
    return Error::later(path_ + ": another program changed it: it is not removed");
  }
  return files.unlink_at(AT_FDCWD, path_);
}

}  // namespace lbx::convert
