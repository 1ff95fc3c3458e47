// SPDX-License-Identifier: MIT
// A message that comes through a pipe or from a peer, made into a descriptor that can be read as
// often as needed (DESIGN rule 1): a sealed memfd while it is small, else a file without a name.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"

namespace lbx {

struct SpoolLimits {
  /// Octets that are held in memory; also how much SpoolHead is shown at least.
  std::size_t memory{std::size_t{256} * 1024};
  /// Octets of a message at most.
  std::uint64_t total{std::uint64_t{64} * 1024 * 1024 * 1024};
};

/// A file in memory that nobody can change any more, at its first octet.
Result<UniqueFd> sealed_memory(FileOps& files, std::string_view content);

/// May rewrite the beginning of a message, which it gets once.
using SpoolHead = std::function<std::string(std::string)>;

/// Where a message goes that is beyond the memory limit: $TMPDIR, else /var/tmp.
std::string spool_folder(const System& system);

/// A message piece by piece. One beyond the memory limit goes to a nameless file in spool_folder().
/// Every error is Retry::Later.
class SpoolWriter {
 public:
  /// `system` must outlive it.
  SpoolWriter(System& system, SpoolHead head, SpoolLimits limits = {});

  Result<void> write(std::string_view bytes);
  /// Octets written so far.
  std::uint64_t octets() const { return octets_; }
  /// All of it, at its first octet; nobody can change it through this descriptor. The writer is
  /// spent.
  Result<UniqueFd> finish() &&;

 private:
  Result<void> to_file();

  System* system_;
  SpoolHead head_;
  SpoolLimits limits_;
  std::string memory_;
  UniqueFd file_;
  std::uint64_t octets_{0};
};

/// All that `input` holds from where it stands, as a read-only descriptor at its first octet. A
/// message beyond the memory limit goes to a nameless file in spool_folder(). Every error is
/// Retry::Later; the rest of `input` is not read then.
Result<UniqueFd> spool(System& system, int input, const SpoolHead& head, SpoolLimits limits = {});

/// The same file by a descriptor of its own, whose position nobody else moves. Needs /proc.
Result<UniqueFd> reopen(FileOps& files, int message);

/// Back to the first octet, for a program that will read from there.
Result<void> rewind(int message);

/// Reads `input` to its end, so that whoever writes it does not get a broken pipe.
void drain(FileOps& files, int input);

}  // namespace lbx
