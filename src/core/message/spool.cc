// SPDX-License-Identifier: MIT
#include "core/message/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx {
namespace {

/// A second, read-only way to the same file: programs that get it cannot change the message.
Result<UniqueFd> read_only(FileOps& files, const UniqueFd& file) {
  return files.open_at(AT_FDCWD, "/proc/self/fd/" + std::to_string(file.get()), O_RDONLY);
}

Result<UniqueFd> in_memory(FileOps& files, std::string_view message) {
  const UniqueFd file{::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!file) return Error::from_errno(errno, "memfd_create");
  LBX_TRY(write_all(files, file.get(), message));
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(file.get(), F_ADD_SEALS, seals) != 0) return Error::from_errno(errno, "seal");
  return read_only(files, file);
}

/// A file that is gone with its last descriptor. Where the file system has no O_TMPFILE, it has a
/// name for a moment.
Result<UniqueFd> nameless_file(System& system) {
  static constexpr mode_t kMode = 0600;
  const std::string directory = lookup(system.environment, "TMPDIR").value_or("/var/tmp");
  Result<UniqueFd> file =
      system.files.open_at(AT_FDCWD, directory, O_TMPFILE | O_RDWR | O_EXCL, kMode);
  if (file || (file.error().os_error != EOPNOTSUPP && file.error().os_error != EISDIR)) return file;

  const std::string path =
      directory + "/letterbox." + ascii::to_hex(system.randomness.bits64(), 16);
  file = system.files.open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, kMode);
  if (file) LBX_TRY(system.files.unlink_at(AT_FDCWD, path));
  return file;
}

/// Reads until `text` has more than `limit` octets; false at the end of the input.
Result<bool> read_beyond(FileOps& files, int input, std::string& text, std::size_t limit) {
  std::string chunk(kIoChunk, '\0');
  while (text.size() <= limit) {
    const std::size_t got = LBX_TRY(files.read(input, chunk.data(), chunk.size()));
    if (got == 0) return false;
    text.append(chunk, 0, got);
  }
  return true;
}

Result<void> within(std::uint64_t octets, std::uint64_t limit) {
  if (octets <= limit) return {};
  return Error::later("a message of more than " + std::to_string(limit) + " octets");
}

Result<UniqueFd> on_disk(System& system, int input, std::string_view beginning,
                         std::uint64_t limit) {
  const UniqueFd file = LBX_TRY(nameless_file(system));
  LBX_TRY(write_all(system.files, file.get(), beginning));
  std::uint64_t octets = beginning.size();
  std::string chunk(kIoChunk, '\0');
  for (;;) {
    const std::size_t got = LBX_TRY(system.files.read(input, chunk.data(), chunk.size()));
    if (got == 0) return read_only(system.files, file);
    octets += got;
    LBX_TRY(within(octets, limit));
    LBX_TRY(write_all(system.files, file.get(), {chunk.data(), got}));
  }
}

}  // namespace

Result<UniqueFd> spool(System& system, int input, const SpoolHead& head, SpoolLimits limits) {
  std::string text;
  const bool more = LBX_TRY(read_beyond(system.files, input, text, limits.memory));
  LBX_TRY(within(text.size(), limits.total));
  text = head(std::move(text));
  if (more) return on_disk(system, input, text, limits.total);
  return in_memory(system.files, text);
}

Result<void> rewind(int message) {
  if (::lseek(message, 0, SEEK_SET) != 0) return Error::from_errno(errno, "lseek");
  return {};
}

void drain(FileOps& files, int input) {
  std::string chunk(kIoChunk, '\0');
  for (;;) {
    const Result<std::size_t> got = files.read(input, chunk.data(), chunk.size());
    if (!got || *got == 0) return;
  }
}

}  // namespace lbx
