// SPDX-License-Identifier: MIT
// The files that TLS is made from, as the settings `tlscertificates` and `tlsclientca` say:
// letterbox-control(5).
#pragma once

#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "service/tls.h"

namespace lbx {

struct TlsFiles {
  struct Identity {
    std::string chain;
    std::string key;
  };
  std::vector<Identity> identities;  // none: there is no TLS
  std::string client_authorities;
};

Result<TlsFiles> tls_files(const control::ControlDirectory& control);

/// Whoever reads keys must not be the one who forks users' processes. An error names the file.
Result<TlsMaterial> read_tls_material(FileOps& files, const TlsFiles& names);

/// The folders whose changes may mean new certificates.
std::vector<std::string> folders_of(const TlsFiles& names);

}  // namespace lbx
