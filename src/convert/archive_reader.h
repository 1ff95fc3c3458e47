// SPDX-License-Identifier: MIT
// The members of a zip or tar archive, compressed or not, one after the other, as they come: no
// member is unpacked that nobody asks for. Names are data: nothing is ever written under them.
// libarchive is included by archive_reader.cc alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::convert {

struct ArchiveLimits {
  std::uint64_t members{1'000'000};
  std::uint64_t octets;  // that are read out of it, all members together
  /// Octets that come out for each that goes in, once more than `ratio_from` have come out. Text
  /// that people wrote has 3 to 10; deflate ends at 1032, others know no end.
  std::uint64_t ratio{300};
  std::uint64_t ratio_from{std::uint64_t{64} * 1024 * 1024};
};

class ArchiveReader {
 public:
  /// `fd`: a seekable file. It and `files` must outlive the reader. What is no archive, or damaged,
  /// is an error, Retry::Never, here and later.
  static Result<ArchiveReader> open(FileOps& files, int fd, std::uint64_t size,
                                    const ArchiveLimits& limits);
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) noexcept;
  ~ArchiveReader();

  /// The name of the next member that is a file, in UTF-8 where the archive says what it is in;
  /// nothing at the end.
  Result<std::optional<std::string>> next();
  /// Octets of that member, at most `size`; 0 at its end.
  Result<std::size_t> read(char* buffer, std::size_t size);
  /// Octets of the archive that lie behind.
  std::uint64_t position() const;

 private:
  struct State;
  explicit ArchiveReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lbx::convert
