// SPDX-License-Identifier: MIT
// What an LMTP client is told of an answer.
#pragma once

#include "core/wire/smtp_command.h"
#include "deliver/order.h"

namespace lbx::deliver {

/// The code that RFC 5321 section 4.2.3 has for the enhanced code; the text printable, whatever the
/// answer holds. An enhanced code of another class than the verdict is not believed.
wire::Reply reply_of(const Answer& answer);

}  // namespace lbx::deliver
