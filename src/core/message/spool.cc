// SPDX-License-Identifier: MIT
#include "core/message/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx {
namespace {

/// A file that is gone with its last descriptor. Where the file system has no O_TMPFILE, it has a
/// name for a moment.
Result<UniqueFd> nameless_file(System& system) {
  static constexpr mode_t kMode = 0600;
  const std::string directory = spool_folder(system);
  Result<UniqueFd> file =
      system.files.open_at(AT_FDCWD, directory, O_TMPFILE | O_RDWR | O_EXCL, kMode);
  if (file || (file.error().os_error != EOPNOTSUPP && file.error().os_error != EISDIR)) return file;

  const std::string path =
      directory + "/letterbox." + ascii::to_hex(system.randomness.bits64(), 16);
  file = system.files.open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, kMode);
  if (file) LBX_TRY(system.files.unlink_at(AT_FDCWD, path));
  return file;
}

}  // namespace

std::string spool_folder(const System& system) {
  const std::string folder = lookup(system.environment, "TMPDIR").value_or("");
  return folder.empty() ? "/var/tmp" : folder;
}

Result<UniqueFd> sealed_memory(FileOps& files, std::string_view content) {
  UniqueFd file{::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!file) return Error::from_errno(errno, "memfd_create");
  LBX_TRY(write_all(files, file.get(), content));
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return Error::from_errno(errno, "seal");
  LBX_TRY(rewind(file.get()));
  return file;
}

SpoolWriter::SpoolWriter(System& system, SpoolHead head, SpoolLimits limits)
    : system_{&system}, head_{std::move(head)}, limits_{limits} {}

Result<void> SpoolWriter::write(std::string_view bytes) {
  octets_ += bytes.size();
  if (octets_ > limits_.total) {
    return Error::later("a message of more than " + std::to_string(limits_.total) + " octets");
  }
  if (file_) return write_all(system_->files, file_.get(), bytes);
  memory_ += bytes;
  return memory_.size() > limits_.memory ? to_file() : Result<void>{};
}

Result<void> SpoolWriter::to_file() {
  file_ = LBX_TRY(nameless_file(*system_));
  return write_all(system_->files, file_.get(), head_(std::exchange(memory_, {})));
}

Result<UniqueFd> SpoolWriter::finish() && {
  if (file_) return reopen(system_->files, file_.get());
  return sealed_memory(system_->files, head_(std::exchange(memory_, {})));
}

Result<UniqueFd> spool(System& system, int input, const SpoolHead& head, SpoolLimits limits) {
  SpoolWriter writer{system, head, limits};
  IoBuffer chunk;
  for (;;) {
    const std::size_t got = LBX_TRY(system.files.read(input, chunk.data(), chunk.size()));
    if (got == 0) return std::move(writer).finish();
    LBX_TRY(writer.write(chunk.first(got)));
  }
}

Result<UniqueFd> reopen(FileOps& files, int message) {
  return files.open_at(AT_FDCWD, "/proc/self/fd/" + std::to_string(message), O_RDONLY);
}

Result<void> rewind(int message) {
  if (::lseek(message, 0, SEEK_SET) != 0) return Error::from_errno(errno, "lseek");
  return {};
}

void drain(FileOps& files, int input) {
  IoBuffer chunk;
  for (;;) {
    const Result<std::size_t> got = files.read(input, chunk.data(), chunk.size());
    if (!got || *got == 0) return;
  }
}

}  // namespace lbx
