// SPDX-License-Identifier: MIT
#include "convert/conversion.h"

#include <algorithm>

namespace lbx::convert {

std::string file_stamp(const struct stat& status) {
  return std::to_string(status.st_dev) + '.' + std::to_string(status.st_ino) + '.' +
         std::to_string(status.st_size) + '.' + std::to_string(status.st_mtim.tv_sec) + '.' +
         std::to_string(status.st_mtim.tv_nsec);
}

std::string printable(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, '?');
  return text;
}

Result<void> convert_all(Source& source, Sink& sink, Progress& progress, Tally& tally) {
  tally.source = source.name();
  tally.size = source.size();
  for (;;) {
    std::optional<Message> message = LBX_TRY(source.next());
    if (!message) return {};
    message->content = [&tally, content = std::move(message->content)](const ChunkSink& to) {
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
