// SPDX-License-Identifier: MIT
#include "convert/conversion.h"

namespace lbx::convert {

Result<void> convert_all(Source& source, Sink& sink, Progress& progress, Tally& tally) {
  tally.source = source.name();
  tally.size = source.size();
  for (;;) {
    std::optional<Message> message = LBX_TRY(source.next());
    if (!message) return {};
    message->content = [&tally, before = tally.octets,
                        content = std::move(message->content)](const ChunkSink& to) {
      tally.octets = before;  // a sink may ask twice
      return content([&](std::string_view chunk) {
        tally.octets += chunk.size();
        return to(chunk);
      });
    };
    LBX_TRY(sink.add(*message));
    ++tally.messages;
    tally.position = source.position();
    LBX_TRY(progress.update(tally));
  }
}

}  // namespace lbx::convert
