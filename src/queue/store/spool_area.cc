// SPDX-License-Identifier: MIT
#include "queue/store/spool_area.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <unordered_set>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/spool.h"
#include "queue/store/store_place.h"

namespace lbx::queue {
namespace {

constexpr mode_t kSpoolFileMode = 0600;
constexpr mode_t kSpoolMode = 0700;
constexpr std::size_t kNameDigits = 16;
constexpr int kAdoptInterval = 2;  // milliseconds
// Where the file system has no files without a name, they have one that begins so.
constexpr std::string_view kNewPrefix = "new-";

/// The name that an unfinished file has, or nothing where it has none. Any other name is an error:
/// a file that was adopted already is not adopted again.
Result<std::string> unfinished_name(int file, nlink_t links) {
  if (links == 0) return std::string{};
  std::array<char, PATH_MAX> target{};
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const ssize_t length = ::readlink(link.c_str(), target.data(), target.size());
  if (length < 0) return Error::from_errno(errno, "readlink");
  const std::string_view path{target.data(), static_cast<std::size_t>(length)};
  const std::string_view leaf = path.substr(path.rfind('/') + 1);
  if (leaf.starts_with(kNewPrefix) && links == 1) return std::string{leaf};
  return Error::never("a spool file that was submitted before");
}

/// False: somebody has it open for writing. ENOTSUP: the file system cannot tell.
Result<bool> nobody_writes(int file) {
  // Who opens the file while we ask breaks the lease, and its signal must not be SIGIO, which
  // kills.
  if (::fcntl(file, F_SETSIG, SIGURG) != 0) return Error::from_errno(ENOTSUP, "F_SETSIG");
  if (::fcntl(file, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(file, F_SETLEASE, F_UNLCK);
    return true;
  }
  if (errno == EAGAIN) return false;
  return Error::from_errno(ENOTSUP, "F_SETLEASE");
}

Result<void> require_head(FileOps& files, int file, std::string_view head) {
  std::string found(head.size(), '\0');
  std::size_t at = 0;
  while (at < found.size()) {
    const std::size_t got = LBX_TRY(files.read_at(file, &found[at], found.size() - at, at));
    if (got == 0) break;
    at += got;
  }
  if (found == head) return {};
  return Error::never("the spool file does not begin as it did");
}

}  // namespace

Result<SpoolArea> SpoolArea::open(System& system, const std::string& directory) {
  FileOps& files = system.files;
  const UniqueFd store = LBX_TRY(open_store_directory(system, directory));
  Result<void> made = files.make_directory(store.get(), "spool", kSpoolMode);
  if (!made && made.error().os_error != EEXIST) return made.error();
  UniqueFd spool = LBX_TRY(files.open_at(store.get(), "spool", O_RDONLY | O_DIRECTORY));
  if (made) {
    LBX_TRY(give_to_owner(system, store.get(), spool.get()));
    LBX_TRY(files.sync(store.get()));
  }
  return SpoolArea{system, std::move(spool)};
}

Result<UniqueFd> SpoolArea::nameless() const {
  FileOps& files = system_->files;
  Result<UniqueFd> file = files.open_at(directory_.get(), ".", O_TMPFILE | O_RDWR, kSpoolFileMode);
  if (!file && (file.error().os_error == EOPNOTSUPP || file.error().os_error == EISDIR)) {
    const std::string name =
        std::string{kNewPrefix} + ascii::to_hex(system_->randomness.bits64(), kNameDigits);
    file = files.open_at(directory_.get(), name, O_RDWR | O_CREAT | O_EXCL, kSpoolFileMode);
  }
  if (!file) return file;
  LBX_TRY(give_to_owner(*system_, directory_.get(), file->get()));
  return file;
}

Result<UniqueFd> SpoolArea::create(std::string_view head) const {
  UniqueFd file = LBX_TRY(nameless());
  LBX_TRY(write_all(system_->files, file.get(), head));
  return file;
}

/// What cannot be proved to be left alone is copied: a copy nobody else has.
Result<UniqueFd> SpoolArea::copy(int file) const {
  FileOps& files = system_->files;
  UniqueFd fresh = LBX_TRY(nameless());
  LBX_TRY(for_each_chunk(
      files, file, [&](std::string_view bytes) { return write_all(files, fresh.get(), bytes); }));
  return fresh;
}

/// The same file, with nobody who could write to it. By paths only the queue's user can open it.
Result<UniqueFd> SpoolArea::settled(UniqueFd file) const {
  UniqueFd reader = LBX_TRY(reopen(system_->files, file.get()));
  file.reset();  // it may be open for writing
  for (int waited = 0;; waited += kAdoptInterval) {
    const Result<bool> alone = nobody_writes(reader.get());
    if (!alone) return copy(reader.get());
    if (*alone) return reader;
    if (waited >= kAdoptPatience) return Error::from_errno(EAGAIN, "a spool file in use");
    ::poll(nullptr, 0, kAdoptInterval);
  }
}

/// A name of its own for a settled file.
Result<std::string> SpoolArea::name(int file, const std::string& old_name) const {
  FileOps& files = system_->files;
  const int place = directory_.get();
  for (;;) {
    std::string name = ascii::to_hex(system_->randomness.bits64(), kNameDigits);
    const Result<void> named = old_name.empty() ? files.link_fd(file, place, name)
                                                : files.rename_new(place, old_name, place, name);
    if (named) return name;
    if (named.error().os_error != EEXIST) return named.error();
  }
}

Result<SpoolArea::Adopted> SpoolArea::adopt(UniqueFd file, std::string_view head) const {
  FileOps& files = system_->files;
  const struct stat status = LBX_TRY(files.stat_fd(file.get()));
  const struct stat place = LBX_TRY(files.stat_fd(directory_.get()));
  if (!S_ISREG(status.st_mode) || status.st_dev != place.st_dev || status.st_uid != place.st_uid) {
    return Error::never("not a spool file of this queue");
  }
  LBX_TRY(unfinished_name(file.get(), status.st_nlink));
  const UniqueFd still = LBX_TRY(settled(std::move(file)));
  LBX_TRY(require_head(files, still.get(), head));
  LBX_TRY(files.sync(still.get()));
  const struct stat now = LBX_TRY(files.stat_fd(still.get()));
  const std::string old_name = LBX_TRY(unfinished_name(still.get(), now.st_nlink));
  Adopted adopted;
  adopted.size = static_cast<std::uint64_t>(now.st_size);
  adopted.name = LBX_TRY(name(still.get(), old_name));
  LBX_TRY(files.sync(directory_.get()));
  return adopted;
}

Result<UniqueFd> SpoolArea::open_file(const std::string& name) const {
  return system_->files.open_at(directory_.get(), name, O_RDONLY | O_NOFOLLOW);
}

void SpoolArea::remove(const std::string& name) const {
  // What stays goes with the next sweep.
  static_cast<void>(system_->files.unlink_at(directory_.get(), name));
}

void SpoolArea::condemn(std::string name) {
  condemned_.push_back(std::move(name));
}

void SpoolArea::remove_condemned() {
  for (const std::string& each : condemned_) remove(each);
  condemned_.clear();
}

Result<std::size_t> SpoolArea::sweep(QueueStore& store) const {
  std::unordered_set<std::string> used;
  LBX_TRY(store.spool_files([&](std::string_view name) { used.emplace(name); }));
  std::size_t removed = 0;
  for (const DirectoryEntry& each : LBX_TRY(system_->files.list(directory_.get(), "."))) {
    if (used.contains(each.name)) continue;
    remove(each.name);
    ++removed;
  }
  return removed;
}

}  // namespace lbx::queue
