// SPDX-License-Identifier: MIT
// The mechanisms that letterbox-authd offers, as a session wants them.
#pragma once

#include <string>
#include <vector>

#include "pop3d/session.h"

namespace lbx::pop3 {

/// What is offered may be used: letterbox-authd has looked at the connection.
std::vector<pop3d::Mechanism> mechanisms_of(const std::vector<std::string>& names);

/// Whether USER and PASS may be used, which show as much as PLAIN does.
bool offers_passwords(const std::vector<std::string>& names);

}  // namespace lbx::pop3
