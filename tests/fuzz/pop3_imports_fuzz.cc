// SPDX-License-Identifier: MIT
// Any bytes as another server's list of ids, and as our own files: what comes out are ids with
// names, and what we write of them we read again. The first line is Dovecot's format, the rest the
// list.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/message/server_ids.h"
#include "pop3d/imports.h"
#include "pop3d/name_file.h"
#include "pop3d/sizes.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::pop3d;

namespace {

void check(const std::vector<ImportedId>& ids) {
  NameFileWriter writer{"ids"};
  for (const ImportedId& each : ids) {
    require(is_pop3_id(each.id) && !each.base.empty());
    require(each.base.find_first_of(":\n") == std::string::npos);
    writer.add(each.id, each.base);
  }
  const std::optional<NameFile> file = NameFile::parse(std::move(writer).text(), "ids");
  require(file.has_value() && file->count() == ids.size());
  for (const ImportedId& each : ids) require(file->find(each.base).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  const std::size_t end = std::min(all.find('\n'), all.size());
  const std::string_view list = all.substr(std::min(end + 1, all.size()));
  check(ids_of_dovecot(list, all.substr(0, end)));
  check(ids_of_courier(list));
  if (const auto file = NameFile::parse(std::string{all}, "ids")) {
    file->each(
        [&](std::string_view, std::string_view base) { require(file->find(base).has_value()); });
  }
  if (const auto known = parse_size_value(all))
    require(parse_size_value(size_value(*known)) == known);
  static_cast<void>(time_in_name(all));
  static_cast<void>(octets_in_name(all));
  return 0;
}
