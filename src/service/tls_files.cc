// SPDX-License-Identifier: MIT
#include "service/tls_files.h"

#include <fcntl.h>

#include <set>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/control/settings.h"

namespace lbx {
namespace {

constexpr std::size_t kMaxPemFile = std::size_t{1024} * 1024;

/// Relative to the control directory, as the file names of this setting are.
std::string absolute(const control::ControlDirectory& control, std::string_view path) {
  return path.starts_with('/') ? std::string{path} : control.path_of(path);
}

Result<std::string> read_pem(FileOps& files, const std::string& path) {
  const UniqueFd file = LBX_TRY(files.open_at(AT_FDCWD, path, O_RDONLY));
  return read_whole(files, file.get(), kMaxPemFile, path);
}

}  // namespace

Result<TlsFiles> tls_files(const control::ControlDirectory& control) {
  TlsFiles names;
  for (const std::string& line : LBX_TRY(control.get(control::kTlsCertificates))) {
    const std::string_view text = ascii::trim(line);
    const std::size_t blank = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view chain = text.substr(0, blank);
    const std::string_view key = ascii::trim(text.substr(blank));
    names.identities.push_back(
        {absolute(control, chain), absolute(control, key.empty() ? chain : key)});
  }
  if (names.identities.size() > kMaxTlsIdentities) {
    return Error::later("tlscertificates: more than " + std::to_string(kMaxTlsIdentities));
  }
  const std::string authorities = LBX_TRY(control.get(control::kTlsClientCa));
  if (!authorities.empty()) names.client_authorities = absolute(control, authorities);
  return names;
}

Result<TlsMaterial> read_tls_material(FileOps& files, const TlsFiles& names) {
  TlsMaterial material;
  for (const TlsFiles::Identity& each : names.identities) {
    std::string chain = LBX_TRY(read_pem(files, each.chain));
    std::string key = LBX_TRY(read_pem(files, each.key));
    material.identities.push_back({std::move(chain), std::move(key)});
  }
  if (!names.client_authorities.empty()) {
    material.client_authorities = LBX_TRY(read_pem(files, names.client_authorities));
  }
  return material;
}

std::vector<std::string> folders_of(const TlsFiles& names) {
  std::set<std::string> folders;
  const auto add = [&](const std::string& path) {
    if (!path.empty()) folders.insert(path.substr(0, path.rfind('/') + 1));
  };
  for (const TlsFiles::Identity& each : names.identities) {
    add(each.chain);
    add(each.key);
  }
  add(names.client_authorities);
  return {folders.begin(), folders.end()};
}

}  // namespace lbx
