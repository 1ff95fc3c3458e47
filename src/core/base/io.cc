// SPDX-License-Identifier: MIT
#include "core/base/io.h"

#include <fcntl.h>

namespace lbx {

Result<void> write_all(FileOps& files, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t put = LBX_TRY(files.write(fd, bytes));
    if (put == 0) return Error::later("write: nothing written");
    bytes.remove_prefix(put);
  }
  return {};
}

Result<std::string> read_whole(FileOps& files, int fd, std::size_t limit, const std::string& what) {
  std::string text;
  IoBuffer chunk;
  for (;;) {
    const std::size_t got = LBX_TRY(files.read(fd, chunk.data(), chunk.size()));
    if (got == 0) return text;
    if (text.size() + got > limit) {
      return Error::later(what + " is longer than " + std::to_string(limit) + " octets");
    }
    text += chunk.first(got);
  }
}

Result<void> for_each_chunk(FileOps& files, int fd, const ChunkSink& sink) {
  IoBuffer chunk;
  std::uint64_t offset = 0;
  for (;;) {
    const std::size_t got = LBX_TRY(files.read_at(fd, chunk.data(), chunk.size(), offset));
    if (got == 0) return {};
    LBX_TRY(sink(chunk.first(got)));
    offset += got;
  }
}

Result<void> replace_file(FileOps& files, int dir, const std::string& path, std::string_view text,
                          mode_t mode) {
  const std::string fresh = path + ".new";
  UniqueFd file = LBX_TRY(files.open_at(dir, fresh, O_WRONLY | O_CREAT | O_TRUNC, mode));
  LBX_TRY(write_all(files, file.get(), text));
  LBX_TRY(files.sync(file.get()));
  LBX_TRY(files.close(std::move(file)));
  LBX_TRY(files.rename_at(dir, fresh, dir, path));
  const std::size_t slash = path.rfind('/');
  return sync_directory(files, dir, slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

Result<void> sync_directory(FileOps& files, int dir, const std::string& path) {
  const UniqueFd fd = LBX_TRY(files.open_at(dir, path, O_RDONLY | O_DIRECTORY));
  return files.sync(fd.get());
}

}  // namespace lbx
