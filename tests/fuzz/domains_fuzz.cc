// SPDX-License-Identifier: MIT
// Any lines as control/virtualdomains, percenthack and locals, any address: the way that is found
// is the one that a plain reading of CONTRACT 1.8 finds, whatever the case of its letters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/ascii.h"
#include "core/control/value.h"
#include "core/users/domains.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::users;

namespace {

/// The last line of this key.
std::optional<std::string> line_of(const std::vector<std::string>& lines, const std::string& key) {
  std::optional<std::string> found;
  for (const std::string& line : lines) {
    const bool same = ascii::starts_with_fold(line, key) && line.size() > key.size();
    if (same && line[key.size()] == ':' && key.find(':') == std::string::npos) found = line;
  }
  return found;
}

std::optional<std::string> expected(const std::vector<std::string>& lines, const Route& way,
                                    const std::string& local) {
  for (const std::string& key : {local + '@' + way.host, way.host}) {
    if (const auto line = line_of(lines, key)) return line;
  }
  for (std::size_t i = 0; i < way.host.size(); ++i) {
    if (way.host[i] != '.') continue;
    if (const auto line = line_of(lines, way.host.substr(i))) return line;
  }
  return line_of(lines, "");
}

void check_way(const DomainTable& table, const std::vector<std::string>& lines,
               const std::string& local, const std::string& host) {
  const Route way = route(table, local, host);
  if (way.domain == Domain::Local) {
    require(table.locals.contains(ascii::to_lower(way.host)) && way.virtual_entry.empty());
    return;
  }
  const std::string& line = way.virtual_entry;
  const std::size_t prepend = line.empty() ? 0 : line.size() - line.find(':') - 1;
  require((way.domain == Domain::Virtual) == (prepend > 0));
  const std::string own = prepend > 0 ? way.local.substr(prepend + 1) : way.local;
  require(expected(lines, way, own).value_or("") == line);
  const Route lower = route(table, local, ascii::to_lower(host));
  require(lower.domain == way.domain && lower.virtual_entry == way.virtual_entry);
}

}  // namespace

/// The first line is the address, the others are the lines of all three files.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string address = text.substr(0, end);
  const std::vector<std::string> lines = control::list_lines(text.substr(end));
  DomainTable table;
  table.virtual_domains = virtual_domain_map(lines);
  table.percent_hack = domain_set(lines);
  table.no_at_host = "no.at.example";
  const std::size_t at = std::min(address.rfind('@'), address.size());
  const std::string host = at < address.size() ? address.substr(at + 1) : "";
  check_way(table, lines, address.substr(0, at), host);
  table.locals = domain_set(lines);
  check_way(table, lines, address.substr(0, at), host);
  return 0;
}
