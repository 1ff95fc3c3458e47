// SPDX-License-Identifier: MIT
// Any bytes as the lists of Dovecot and Courier: no crash, entries hold what a file's name and an
// id may hold, and what we write of them is read back as it was.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/maildir/courier_lists.h"
#include "core/maildir/dovecot_keywords.h"
#include "core/maildir/dovecot_uidlist.h"
#include "support/require.h"

using namespace lbx;

namespace {

void check_uidlist(std::string_view text) {
  auto reader = UidlistReader::open(text);
  if (!reader) return;
  require(reader->header().validity != 0);
  const std::string head = to_line(reader->header());
  require(UidlistReader::open(head)->header() == reader->header());
  while (const auto entry = reader->next()) {
    require(entry->uid != 0 && !entry->base.empty());
    require(entry->base.find_first_of(":\n") == std::string_view::npos);
    const std::string line = head + to_line(*entry);
    require(UidlistReader::open(line)->next() == entry);
  }
}

void check_courier(std::string_view text) {
  if (auto reader = CourierUidReader::open(text)) {
    const std::string head = courier_uid_head(reader->validity(), reader->next_uid());
    while (const auto entry = reader->next()) {
      require(entry->uid != 0 && !entry->base.empty());
      const std::string line = head + courier_uid_line(entry->uid, entry->base);
      const auto again = CourierUidReader::open(line)->next();
      require(again && again->uid == entry->uid && again->base == entry->base);
    }
  }
  if (auto reader = CourierPop3Reader::open(text)) {
    const std::string head = courier_pop3_head(reader->next_number(), reader->validity());
    while (const auto entry = reader->next()) {
      require(!entry->base.empty() && CourierPop3Id::parse(entry->id.str()) == entry->id);
      const std::string line = head + courier_pop3_line(*entry);
      const auto again = CourierPop3Reader::open(line)->next();
      require(again && again->base == entry->base && again->id == entry->id);
      require(again->octets == entry->octets);
    }
  }
  for_each_courier_keywords(text,
                            [](std::string_view, const auto& names) { require(!names.empty()); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_uidlist(text);
  check_courier(text);
  const DovecotKeywords keywords = DovecotKeywords::parse(text);
  require(DovecotKeywords::parse(keywords.str()) == keywords);
  const auto keyword = to_keyword(text);
  require(!keyword || is_keyword(*keyword));
  return 0;
}
