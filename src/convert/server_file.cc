// SPDX-License-Identifier: MIT
#include "convert/server_file.h"

#include <fcntl.h>

#include <cerrno>

#include "core/base/io.h"

namespace lbx::convert {

Result<std::string> read_server_file(FileOps& files, int maildir, const char* name,
                                     std::size_t limit) {
  const Result<UniqueFd> file = files.open_at(maildir, name, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return std::string{};
  if (!file) return file.error();
  return read_whole(files, file->get(), limit, name);
}

}  // namespace lbx::convert
