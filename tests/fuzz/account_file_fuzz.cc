// SPDX-License-Identifier: MIT
// Any bytes whatever as an account file: no crash; what was read can be written and read back; and
// an edit changes the account that it is about and no other.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "service/auth/account_file.h"
#include "support/require.h"

using namespace lbx::auth;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto file = AccountFile::parse(text);
  if (!file) return 0;
  for (const Record& each : file->records()) {
    const auto again = parse_record(to_line(each));
    lbx::require(again && *again == each);
    lbx::require(file->find(each.name) == &each);
  }
  if (file->records().empty()) return 0;

  Record first = file->records().front();
  first.disabled = !first.disabled;
  first.tls_only = !first.tls_only;
  const auto changed = AccountFile::parse(edited(text, first.name, first));
  lbx::require(changed && changed->records().size() == file->records().size());
  lbx::require(*changed->find(first.name) == first);
  const auto removed = AccountFile::parse(edited(text, first.name, std::nullopt));
  lbx::require(removed && removed->records().size() + 1 == file->records().size());
  lbx::require(removed->find(first.name) == nullptr);
  return 0;
}
