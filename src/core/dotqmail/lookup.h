// SPDX-License-Identifier: MIT
// Which .qmail file answers for an extension: the candidates in their order, as data (CONTRACT
// 2.3). Whoever delivers opens them one after the other.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::dotqmail {

/// Octets of an extension at most: four times an address, since a part before a slash counts too.
inline constexpr std::size_t kMaxExtension = 4096;

struct Candidate {
  std::string path;  // below the home directory; begins with ".qmail"
  /// What DEFAULT is when this one is chosen, in the case it was sent in; nothing: it is unset.
  std::optional<std::string> default_part;
};

/// The extension as it stands in file names: ASCII lower case, every dot a colon, so that no
/// sender can say "..".
std::string safe_extension(std::string_view ext);

/// Never empty. An extension beyond kMaxExtension is an error, Retry::Never.
Result<std::vector<Candidate>> candidates(std::string_view dash, std::string_view ext);

/// The files that make a mailing list of an address (CONTRACT 2.7): where the first exists, its
/// owner gets the bounces; where the second does too, each recipient has a sender of its own.
struct OwnerFiles {
  std::string owner;
  std::string owner_default;
};
OwnerFiles owner_files(std::string_view dash, std::string_view ext);

}  // namespace lbx::dotqmail
