// SPDX-License-Identifier: MIT
// Which channel delivers a recipient, and under which address (CONTRACT 1.8).
#pragma once

#include <string>

#include "core/control/control_directory.h"
#include "core/users/domains.h"
#include "queue/store/message.h"

namespace lbx::queue {

struct Routes {
  users::DomainTable domains;
  std::string delimiters;  // between a user's name and an extension
};

/// What the control directory says now. Without any list of domains, and without me, mail for
/// `host_name` is ours and no other.
Result<Routes> read_routes(const control::ControlDirectory& control, const std::string& host_name);

/// `recipient.address` as it was submitted becomes what is delivered. `original` is the same
/// without what a virtual domain has put before it, and empty where that is nothing.
NewRecipient classify(const Routes& routes, NewRecipient recipient);

}  // namespace lbx::queue
