// SPDX-License-Identifier: MIT
// Which domains are ours, and what a virtual domain makes of an address (CONTRACT 1.8). Text comes
// in, an answer goes out; nothing is opened here.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lbx::users {

/// Times that a '%' of an address is turned into its '@', at most.
inline constexpr std::size_t kMaxPercentHacks = 20;

/// Why an address is ours, or that it is not.
enum class Domain {
  Local,         // in control/locals, or control/me where that is missing
  Virtual,       // of control/virtualdomains
  Unconfigured,  // none of these files exists: a host of one's own takes every domain for its own
  Elsewhere,
};

/// What the control directory says of domains. Keys are in lower case.
struct DomainTable {
  std::unordered_set<std::string> locals;
  std::unordered_map<std::string, std::string> virtual_domains;  // key -> its line
  std::unordered_set<std::string> percent_hack;
  std::string no_at_host;       // for addresses without a domain
  bool everything_ours{false};  // there is no list at all
};

/// `lines` of control/locals and the like.
std::unordered_set<std::string> domain_set(const std::vector<std::string>& lines);
/// `lines` of control/virtualdomains: the key ends at the first colon, lines without one do not
/// count, and the last line of a key does.
std::unordered_map<std::string, std::string> virtual_domain_map(
    const std::vector<std::string>& lines);

struct Route {
  Domain domain;
  std::string local;  // behind a virtual domain's prepend: "joe-shop-info"
  std::string host;
  std::string virtual_entry;  // "key:prepend"; an exception's ("key:") too, which is Elsewhere
};

Route route(const DomainTable& table, std::string local, std::string domain);

}  // namespace lbx::users
