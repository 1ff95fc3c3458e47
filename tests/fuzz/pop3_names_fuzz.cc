// SPDX-License-Identifier: MIT
// File names, one a line: packed, each comes back whole and in part, whatever was learnt before.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/ascii.h"
#include "pop3d/packed_names.h"
#include "support/require.h"

using namespace lbx;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::vector<std::string_view> names = ascii::split(text, '\n');
  for (const std::size_t learned : {std::size_t{0}, names.size() / 2, names.size()}) {
    pop3d::PackedNames packed;
    packed.learn({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(learned)});
    std::vector<std::size_t> places;
    for (const std::string_view name : names) places.push_back(packed.add(name));
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::size_t part = names[i].size() / 2;
      require(packed.get(places[i], names[i].size()) == names[i]);
      require(packed.get(places[i], part) == names[i].substr(0, part));
    }
    require(packed.size() <= 2 * text.size());
  }
  return 0;
}
