// SPDX-License-Identifier: MIT
#include "core/users/domains.h"

#include <utility>

#include "core/base/ascii.h"

namespace lbx::users {
namespace {

using Entry = std::pair<const std::string, std::string>;

/// The keys in their order: the address, its domain, each end of it that begins at a dot, and the
/// empty one.
const Entry* virtual_entry_of(const DomainTable& table, const std::string& local,
                              const std::string& host) {
  const auto& entries = table.virtual_domains;
  if (entries.empty()) return nullptr;
  const std::string domain = ascii::to_lower(host);
  const auto address = entries.find(ascii::to_lower(local) + '@' + domain);
  if (address != entries.end()) return &*address;
  const auto whole = entries.find(domain);
  if (whole != entries.end()) return &*whole;
  for (std::size_t dot = domain.find('.'); dot != std::string::npos;
       dot = domain.find('.', dot + 1)) {
    const auto ending = entries.find(domain.substr(dot));
    if (ending != entries.end()) return &*ending;
  }
  const auto any = entries.find("");
  return any == entries.end() ? nullptr : &*any;
}

/// "user%host@here" becomes "user@host" as long as "here" is of control/percenthack.
void apply_percent_hack(const DomainTable& table, std::string& local, std::string& host) {
  for (std::size_t times = 0; times < kMaxPercentHacks; ++times) {
    const std::size_t percent = local.rfind('%');
    if (percent == std::string::npos || !table.percent_hack.contains(ascii::to_lower(host))) return;
    host = local.substr(percent + 1);
    local.resize(percent);
  }
}

}  // namespace

std::unordered_set<std::string> domain_set(const std::vector<std::string>& lines) {
  std::unordered_set<std::string> out;
  for (const std::string& line : lines) out.insert(ascii::to_lower(line));
  return out;
}

std::unordered_map<std::string, std::string> virtual_domain_map(
    const std::vector<std::string>& lines) {
  std::unordered_map<std::string, std::string> out;
  for (const std::string& line : lines) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    out.insert_or_assign(ascii::to_lower(line.substr(0, colon)), line);
  }
  return out;
}

Route route(const DomainTable& table, std::string local, std::string domain) {
  if (domain.empty()) domain = table.no_at_host;
  apply_percent_hack(table, local, domain);
  if (table.everything_ours) return {Domain::Unconfigured, local, domain, ""};
  if (table.locals.contains(ascii::to_lower(domain))) return {Domain::Local, local, domain, ""};
  const Entry* const entry = virtual_entry_of(table, local, domain);
  if (entry == nullptr) return {Domain::Elsewhere, local, domain, ""};
  const std::string& line = entry->second;
  const std::string prepend = line.substr(entry->first.size() + 1);
  if (prepend.empty()) return {Domain::Elsewhere, local, domain, line};
  return {Domain::Virtual, prepend + '-' + local, domain, line};
}

}  // namespace lbx::users
