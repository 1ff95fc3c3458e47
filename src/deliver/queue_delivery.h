// SPDX-License-Identifier: MIT
// A delivery for the queue, in a process that has become the user: what qmail-lspawn would report
// after qmail-local (CONTRACT 1.2), without a process of its own. Where QMAILLOCAL names a program,
// that one delivers instead.
#pragma once

#include "core/base/system.h"
#include "deliver/order.h"
#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// The text is "did 1+0+0" and the like, behind what programs wrote; kMaxAnswerText octets at most.
/// `message` is read from its first octet; nobody else may use its position meanwhile.
Answer deliver_for_queue(System& system, const Request& request, Settings settings, int message);

/// Removes what the attempts at a delivery have noted. Best effort: what stays goes with time.
void forget_for_queue(System& system, const Request& request, const std::string& attempt);

/// A report of qmail-lspawn's, its letter first, as an answer.
Answer answer_of_report(std::string_view report);

}  // namespace lbx::deliver
