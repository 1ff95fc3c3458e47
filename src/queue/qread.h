// SPDX-License-Identifier: MIT
// The forms of qmail-qread and qmail-qstat (CONTRACT 1.19), which log analysers and monitors read.
#pragma once

#include <string>

#include "queue/store/message.h"
#include "queue/store/store.h"

namespace lbx::queue {

/// A line for the message and one for each recipient, the local ones first.
std::string qread_text(const Message& message);

/// "messages in queue: N", and how many of them are not yet classified: none ever.
std::string qstat_text(const Totals& totals);

}  // namespace lbx::queue
