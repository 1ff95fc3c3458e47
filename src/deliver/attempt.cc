// SPDX-License-Identifier: MIT
#include "deliver/attempt.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/digest.h"
#include "core/base/io.h"
#include "core/mbox/lock.h"
#include "deliver/settings.h"

namespace lbx::deliver {
namespace {

constexpr const char* kAttempts = ".letterbox/attempts";
constexpr mode_t kFolderMode = 0700;
constexpr mode_t kFileMode = 0600;
constexpr std::size_t kKeyDigest = 16;
constexpr int kMaxFolderRaces = 8;

/// A home that takes no notes; not one whose notes cannot be read today.
bool takes_no_notes(const Error& error) {
  static constexpr std::array kCodes{EROFS, EACCES, EPERM, ENOSPC, EDQUOT, ENOTDIR, ELOOP, ENXIO};
  return std::ranges::find(kCodes, error.os_error) != kCodes.end();
}

std::string digest_of(const std::string& name, const dotqmail::Request& request) {
  using namespace std::string_literals;
  return sha256_hex(name + "\0"s + request.user + "\0"s + request.local + "\0"s + request.host +
                    "\0"s + request.ext + "\0"s + request.sender);
}

/// Makes a directory and its name durable, where it is missing.
Result<void> make_folder(FileOps& files, int home, const char* path, const char* parent) {
  const Result<void> made = files.make_directory(home, path, kFolderMode);
  if (made) return sync_directory(files, home, parent);
  if (made.error().os_error == EEXIST) return {};
  return made.error();
}

void clear_old(System& system, int home) {
  const Result<std::vector<DirectoryEntry>> names = system.files.list(home, kAttempts);
  if (!names) return;
  for (const DirectoryEntry& each : *names) {
    const std::string path = std::string{kAttempts} + '/' + each.name;
    const Result<struct stat> status = system.files.stat_at(home, path, AT_SYMLINK_NOFOLLOW);
    if (!status || !S_ISREG(status->st_mode)) continue;
    if (system.clock.now().seconds - status->st_mtim.tv_sec < kAttemptSeconds) continue;
    static_cast<void>(system.files.unlink_at(home, path));
  }
}

/// The file, made with its folders where it is missing.
Result<UniqueFd> make_file(FileOps& files, int home, const std::string& path) {
  LBX_TRY(make_folder(files, home, kNotesFolder, "."));
  LBX_TRY(make_folder(files, home, kAttempts, kNotesFolder));
  return files.open_at(home, path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK,
                       kFileMode);
}

/// The open and locked file, at its beginning.
Result<UniqueFd> open_file(System& system, int home, const std::string& digest) {
  FileOps& files = system.files;
  const std::string path = std::string{kAttempts} + '/' + digest;
  Result<UniqueFd> made = make_file(files, home, path);
  // forget() may take a folder away in between, but none that holds something.
  for (int i = 1; i < kMaxFolderRaces && !made && made.error().os_error == ENOENT; ++i) {
    made = make_file(files, home, path);
  }
  UniqueFd file = LBX_TRY(std::move(made));
  const struct stat status = LBX_TRY(files.stat_fd(file.get()));
  if (!S_ISREG(status.st_mode)) return Error{Retry::Later, "no file for notes", ENOTDIR};
  PosixLockOps locks;
  const bool alone = LBX_TRY(locks.try_lock(file.get(), KernelLock::Flock, LockMode::Exclusive));
  if (!alone) return Error::later("another attempt of this delivery is at work");
  if (status.st_size == 0) {
    LBX_TRY(sync_directory(files, home, kAttempts));
    // Digests are spread evenly: one delivery in sixteen looks for what is old.
    if (digest.front() == '0') clear_old(system, home);
  }
  return file;
}

}  // namespace

AttemptNotes parse_attempt(std::string_view text) {
  AttemptNotes notes;
  std::vector<std::string_view> lines = ascii::split(text, '\n');
  lines.pop_back();  // what no newline ends has been cut off
  for (const std::string_view line : lines) {
    const std::vector<std::string_view> words = ascii::split(line, ' ');
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (const auto number = ascii::parse_number(words[i])) numbers.push_back(*number);
    }
    if (words.front() == "begin" && words.size() == 4 && numbers.size() == 2) {
      notes[std::string{words[1]}] = {std::nullopt, numbers[0],
                                      static_cast<std::int64_t>(numbers[1])};
    }
    if (words.front() == "done" && words.size() == 3 && numbers.size() == 1) {
      notes[std::string{words[1]}].done = static_cast<int>(numbers[0]);
    }
  }
  return notes;
}

std::string attempt_key(std::size_t line, std::string_view text) {
  return std::to_string(line) + '-' + sha256_hex(text).substr(0, kKeyDigest);
}

Attempt::Attempt(System& system, UniqueFd file, std::string_view text)
    : system_{&system},
      file_{std::move(file)},
      notes_{parse_attempt(text)},
      torn_{!text.empty() && !text.ends_with('\n')} {}

Result<std::optional<Attempt>> Attempt::open(System& system, int home, const std::string& name,
                                             const dotqmail::Request& request) {
  Result<UniqueFd> file = open_file(system, home, digest_of(name, request));
  if (!file && takes_no_notes(file.error())) return std::optional<Attempt>{};
  if (!file) return file.error();
  const std::string text =
      LBX_TRY(read_whole(system.files, file->get(), kMaxAttemptOctets, "the notes of a delivery"));
  return std::optional<Attempt>{Attempt{system, std::move(file).value(), text}};
}

void Attempt::forget(System& system, int home, const std::string& name,
                     const dotqmail::Request& request) {
  FileOps& files = system.files;
  const std::string path = std::string{kAttempts} + '/' + digest_of(name, request);
  if (!files.unlink_at(home, path)) return;
  for (const char* const folder : {kAttempts, kNotesFolder}) {
    if (!files.unlink_at(home, folder, AT_REMOVEDIR)) return;  // the rest is somebody else's
  }
}

const AttemptNote& Attempt::note(const std::string& key) const {
  static constexpr AttemptNote kNothing;
  const auto found = notes_.find(key);
  return found == notes_.end() ? kNothing : found->second;
}

Result<void> Attempt::append(std::string line) {
  if (torn_) line.insert(0, 1, '\n');
  torn_ = true;  // until it is known to be whole
  LBX_TRY(write_all(system_->files, file_.get(), line));
  torn_ = false;
  return system_->files.sync(file_.get());
}

Result<void> Attempt::begin(const std::string& key, std::uint64_t length, std::int64_t seconds) {
  notes_[key] = {std::nullopt, length, seconds};
  return append("begin " + key + ' ' + std::to_string(length) + ' ' + std::to_string(seconds) +
                '\n');
}

void Attempt::done(const std::string& key, int status) {
  notes_[key].done = status;
  static_cast<void>(append("done " + key + ' ' + std::to_string(status) + '\n'));
}

}  // namespace lbx::deliver
