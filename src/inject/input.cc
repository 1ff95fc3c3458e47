// SPDX-License-Identifier: MIT
#include "inject/input.h"

#include <unistd.h>

#include <string>

#include "core/base/io.h"

namespace lbx::inject {

Result<bool> read_input(System& system, const std::function<Result<bool>(std::string_view)>& take) {
  std::string chunk(kIoChunk, '\0');
  for (;;) {
    const std::size_t got = LBX_TRY(system.files.read(STDIN_FILENO, chunk.data(), chunk.size()));
    if (got == 0) return false;
    const bool more = LBX_TRY(take({chunk.data(), got}));
    if (!more) return true;
  }
}

Result<HeadReader> read_head(System& system) {
  HeadReader head;
  const bool more =
      LBX_TRY(read_input(system, [&head](std::string_view bytes) { return head.feed(bytes); }));
  if (!more) head.finish();
  return head;
}

}  // namespace lbx::inject
