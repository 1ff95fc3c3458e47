// SPDX-License-Identifier: MIT
// Any bytes as commands to a spawner: the same commands however the stream is cut; texts stay
// within their limit; a message that is not refused lies below the queue; whatever a delivery says,
// a report is one slot, one letter, and one NUL, at its end.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "deliver/spawn_protocol.h"
#include "support/require.h"

using namespace lbx::deliver;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};

  std::vector<SpawnCommand> whole;
  SpawnReader at_once;
  at_once.feed(bytes, [&](const SpawnCommand& each) { whole.push_back(each); });

  std::vector<SpawnCommand> pieces;
  SpawnReader reader;
  const std::size_t step = 1 + size % 7;
  for (std::size_t at = 0; at < size; at += step) {
    reader.feed(bytes.substr(at, step), [&](const SpawnCommand& each) { pieces.push_back(each); });
  }
  lbx::require(whole == pieces);

  for (const SpawnCommand& each : whole) {
    for (const std::string* text : {&each.message, &each.sender, &each.recipient}) {
      lbx::require(text->size() <= kMaxSpawnText && text->find('\0') == std::string::npos);
    }
    if (spawn_refusal(each).empty()) {
      lbx::require(each.message.find("..") == std::string::npos && each.message.front() != '/');
    }
  }

  const int code = size > 0 ? data[0] : 0;
  const std::string report = spawn_report(1, local_report({size % 11 == 10, code}, bytes));
  lbx::require(report.find('\0') == report.size() - 1 && report.size() <= kMaxSpawnReport + 3);
  lbx::require(std::string_view{"KZD"}.find(report[1]) != std::string_view::npos);
  return 0;
}
