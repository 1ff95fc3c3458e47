// SPDX-License-Identifier: MIT
// Any bytes whatever as the record of a Maildir's imports: no crash; what is understood of it is
// understood of its committed part alone, a record goes on from there, and words are read back.
#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/folder_state.h"
#include "convert/import_record.h"
#include "convert/record_lines.h"
#include "support/require.h"
#include "support/scratch.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace {

using namespace lbx;
using convert::ImportRecord;

std::size_t count(const ImportRecord& record) {
  std::size_t entries = 0;
  require(record.for_each([&entries](const ImportRecord::Entry&) { ++entries; }).has_value());
  return entries;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing_support::ScratchDirectory scratch;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  require(convert::unescape_word(convert::escape_word(text)) == text);

  PosixFileOps files;
  testing_support::FakeLockOps locks;
  scratch.write(ImportRecord::kName, text);
  std::size_t before = 0;
  {
    const Result<ImportRecord> seen = ImportRecord::look(files, scratch.fd());
    require(seen.has_value());
    before = count(*seen);
  }
  Result<ImportRecord> record = ImportRecord::open(files, locks, scratch.fd());
  require(record.has_value());
  require(count(*record) == before);
  require(record->discard().has_value());
  require(record->begin("f", 1).has_value());
  const std::size_t kept = count(*record);
  require(record->checkpoint("/x y", {1, 1, "p"}, {convert::MessageDigest{}}).has_value());
  require(count(*record) == kept + 1);
  require(record->find("/x y") != nullptr);

  scratch.write(convert::StateLog::kName, text);
  convert::StateLog log{files, scratch.fd()};
  require(log.for_each([](const convert::StagedMessage&) {}).has_value());
  return 0;
}
