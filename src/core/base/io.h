// SPDX-License-Identifier: MIT
// Reading and writing whole things through FileOps.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx {

/// How much is read or written at once, in octets.
inline constexpr std::size_t kIoChunk = std::size_t{64} * 1024;

/// Room for one read. It is not zeroed: what a small message does not need is never touched.
class IoBuffer {
 public:
  char* data() { return octets_.get(); }
  static constexpr std::size_t size() { return kIoChunk; }
  /// What a read has left there.
  std::string_view first(std::size_t octets) const { return {octets_.get(), octets}; }

 private:
  std::unique_ptr<char[]> octets_{std::make_unique_for_overwrite<char[]>(kIoChunk)};  // NOLINT
};

/// Writes every octet of `bytes`, or fails; part of them may be written then.
Result<void> write_all(FileOps& files, int fd, std::string_view bytes);

/// A whole small file. More than `limit` octets are an error that names `what`.
Result<std::string> read_whole(FileOps& files, int fd, std::size_t limit, const std::string& what);

/// What a consumer of chunks returns: an error ends the reading and is passed on.
using ChunkSink = std::function<Result<void>(std::string_view)>;

/// Gives a seekable file to `sink` from its first octet on, chunk by chunk. The descriptor's
/// position is neither used nor changed, so processes that share it do not disturb each other.
Result<void> for_each_chunk(FileOps& files, int fd, const ChunkSink& sink);

/// Makes `path` below `dir` hold exactly `text`, durably: readers see the old file or the new one.
/// A crash may leave PATH.new, which the next call replaces.
Result<void> replace_file(FileOps& files, int dir, const std::string& path, std::string_view text,
                          mode_t mode);

/// fsync of a directory by name below `dir`: what makes a new or removed name durable.
Result<void> sync_directory(FileOps& files, int dir, const std::string& path);

}  // namespace lbx
