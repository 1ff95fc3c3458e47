// SPDX-License-Identifier: MIT
// A message to other addresses: what is forwarded, and with which sender (CONTRACT 2.12).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/base/system.h"
#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// The sender of what `plan` forwards: NEWSENDER, rewritten (srs.h) where the settings have a
/// domain for that and its own domain is not one of ours.
Result<std::string> forward_sender(const Plan& plan, const Settings& settings);

struct Submission {
  std::string delivered_to;  // the line that goes before the message, against loops
  std::string sender;
  std::vector<std::string> recipients;
};

/// One submission to the queue, which gets `environment`; neither header nor body is touched, so a
/// signature holds. The value is the process number of the queue program. The error's text is for
/// the sender, too.
Result<pid_t> submit(System& system, const Environment& environment, const Submission& submission,
                     int message);

}  // namespace lbx::deliver
