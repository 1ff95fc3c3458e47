// SPDX-License-Identifier: MIT
// Compressed files, expanded into a spool file without a name before anything is made of them: so
// that a damaged one has left nothing behind. Boost.Iostreams is included by expand.cc alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"

namespace lbx::convert {

/// Octets that a compressed file may expand to, unless the user says otherwise.
inline constexpr std::uint64_t kMaxExpanded = std::uint64_t{16} * 1024 * 1024 * 1024;

enum class Compression { None, Gzip, Bzip2, Xz, Zstd };

/// By the first octets of a file; its name says nothing.
Compression detect_compression(std::string_view head);

/// The content of `fd`, a seekable file, in a file without a name in spool_folder(). A damaged or
/// truncated file is an error, Retry::Never; so is one that grows beyond `limit`.
Result<UniqueFd> expand(System& system, int fd, Compression compression, std::uint64_t limit);

/// The first `octets` of it, or less where it is shorter or damaged behind them. An error where it
/// gives nothing at all, as expand().
Result<std::string> expand_head(System& system, int fd, Compression compression,
                                std::size_t octets);

/// A file of gzip, expanded as it is asked for.
class GzipReader {
 public:
  /// `files` and `fd`, a seekable file, must outlive the reader.
  GzipReader(FileOps& files, int fd);
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;
  ~GzipReader();

  /// 0 at the end: then all of it agrees with its checksums. Damage is an error, as for expand().
  Result<std::size_t> read(char* buffer, std::size_t size);
  /// Octets of the file that lie behind.
  std::uint64_t position() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lbx::convert
