// SPDX-License-Identifier: MIT
// Any bytes as users/assign: what compiles is found again, line by line, in the cdb made of it, the
// first of equal lines. And any bytes as users/cdb: no look-up crashes, and what it finds begins
// with the address that was asked for.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/base/ascii.h"
#include "core/users/assignments.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::users;

namespace {

/// The line that answers `local`, which must be one that could.
void look_up(const Assignments& in, const std::string& local) {
  const Result<std::optional<Assignment>> found = in.find(local, "-+");
  if (!found || !*found) return;
  const std::string& line = (*found)->line;
  if (line.front() == '=') {
    require(line.substr(1) == ascii::to_lower(local));
  } else {
    require(line.size() - 1 <= local.size());
    require((*found)->controller.ext.ends_with(local.substr(line.size() - 1)));
  }
}

void check_compiled(const std::vector<Record>& records) {
  const Result<std::string> cdb = make_database(records);
  require(cdb.has_value());
  const Result<ConstantDatabase> database = ConstantDatabase::from(*cdb);
  require(database.has_value());
  std::unordered_set<std::string> seen;
  for (const Record& each : records) {
    const auto data = database->find(each.key);
    require(data && *data);
    if (seen.insert(each.key).second) require(**data == each.data);
  }
  const Result<Assignments> in = Assignments::from(*cdb);
  require(in.has_value());
  const Result<std::vector<Assignment>> lines = list_assignments(records);
  if (!lines) return;
  for (const Assignment& each : *lines) {
    const auto found = in->find(each.line.substr(1), "");
    require(found && *found);  // the line itself, or one that goes before it
    look_up(*in, each.line.substr(1) + "-Ext");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Result<std::vector<Record>> records = compile_assignments(text);
  if (records) check_compiled(*records);

  const Result<Assignments> hostile = Assignments::from(text);
  if (!hostile) return 0;
  for (const char* local : {"", "joe", "joe-ext", "JOE+x", "a-b-c"}) look_up(*hostile, local);
  look_up(*hostile, std::string{text.substr(0, 64)});
  return 0;
}
