// SPDX-License-Identifier: MIT
// Any bytes as the index of a Maildir, with the checksum made right: everything in it can be looked
// at, no name leads out of a folder, and what was read is written and read back the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "pop3d/ids.h"
#include "pop3d/index_file.h"
#include "pop3d/message_table.h"
#include "pop3d/name_index.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::pop3d;

namespace {

constexpr std::size_t kSize = 16;  // where the head has the size, and then the checksum
constexpr std::size_t kChecked = 32;

std::string made_right(std::string bytes) {
  if (bytes.size() < kChecked) return bytes;
  const std::uint64_t numbers[]{bytes.size(), name_hash(std::string_view{bytes}.substr(kChecked))};
  bytes.replace(kSize, sizeof numbers, reinterpret_cast<const char*>(numbers), sizeof numbers);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto index =
      IndexFile::parse(made_right(std::string{reinterpret_cast<const char*>(data), size}));
  if (!index) return 0;
  const IndexParts& parts = index->parts();
  const MessageTable messages{parts.rows, parts.names, index};
  const IdTable ids{parts.ids, parts.id_text, index};
  for (std::size_t i = 0; i < messages.count(); ++i) {
    const std::string path = messages.path(i);
    require(std::count(path.begin(), path.end(), '/') == 1 && path.find('\0') == path.npos);
    require(path.starts_with("cur/") || path.starts_with("new/"));
    require(path[4] != '.');
    require(!ids.id(messages, i).empty());
    static_cast<void>(index->find(messages.base(i)));
  }
  const auto again = IndexFile::parse(encode_index(parts));
  require(again != nullptr && again->parts().rows.size() == parts.rows.size());
  for (std::size_t i = 0; i < messages.count(); ++i) {
    require(again->base(i) == index->base(i));
    require(again->find(index->base(i)).has_value());
    require(again->parts().rows[i].octets == parts.rows[i].octets);
  }
  return 0;
}
