// SPDX-License-Identifier: MIT
#include "convert/conversion.h"

namespace lbx::convert {

Result<void> convert_all(Source& source, Sink& sink, Progress& progress, std::uint64_t& messages) {
  for (;;) {
    const std::optional<Message> message = LBX_TRY(source.next());
    if (!message) return {};
    LBX_TRY(sink.add(*message));
    ++messages;
    progress.update(source.position(), source.size(), messages);
  }
}

}  // namespace lbx::convert
