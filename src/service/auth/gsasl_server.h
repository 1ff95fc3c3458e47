// SPDX-License-Identifier: MIT
// Mechanisms that libgsasl carries out.
#pragma once

#include <memory>
#include <string>

#include "service/auth/sasl.h"

namespace lbx::auth {

/// `mechanism`: PLAIN, EXTERNAL, SCRAM-SHA-256 or SCRAM-SHA-256-PLUS.
Result<std::unique_ptr<SaslServer>> start_gsasl_server(const std::string& mechanism,
                                                       Backend& backend,
                                                       const Connection& connection);

}  // namespace lbx::auth
