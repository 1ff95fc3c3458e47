// SPDX-License-Identifier: MIT
#include "core/dotqmail/lookup.h"

#include "core/base/ascii.h"

namespace lbx::dotqmail {
namespace {

constexpr std::string_view kDefault = "default";

/// ".qmail-list-default" reached by its own name: DEFAULT is that word as the sender wrote it.
std::optional<std::string> literal_default(std::string_view ext, std::string_view safe) {
  if (!safe.ends_with(kDefault)) return std::nullopt;
  return std::string{ext.substr(ext.size() - kDefault.size())};
}

}  // namespace

std::string safe_extension(std::string_view ext) {
  return ascii::replace(ascii::to_lower(ext), '.', ':');
}

Result<std::vector<Candidate>> candidates(std::string_view dash, std::string_view ext) {
  if (ext.size() > kMaxExtension) {
    return Error::never("an extension of more than " + std::to_string(kMaxExtension) + " octets");
  }
  const std::string safe = safe_extension(ext);
  const std::string stem = ".qmail" + std::string{dash};

  std::vector<Candidate> out{{stem + safe, literal_default(ext, safe)}};
  for (std::size_t i = safe.size();; --i) {
    if (i == 0 || safe[i - 1] == '-') {
      out.push_back({stem + safe.substr(0, i) + std::string{kDefault}, std::string{ext.substr(i)}});
    }
    if (i == 0) return out;
  }
}

OwnerFiles owner_files(std::string_view dash, std::string_view ext) {
  const std::string owner = ".qmail" + std::string{dash} + safe_extension(ext) + "-owner";
  return {owner, owner + "-default"};
}

}  // namespace lbx::dotqmail
