// SPDX-License-Identifier: MIT
// The dialects of mbox: how each keeps a line of text from being taken for the beginning of a
// message. See mbox(5).
#pragma once

#include <string_view>

#include "core/mbox/quoting.h"

namespace lbx {

enum class MboxDialect {
  Mboxo,    // "From " is quoted; cannot be undone with certainty
  Mboxrd,   // ">*From " is quoted
  Mboxcl,   // as mboxo, and Content-Length says how long the quoted body is
  Mboxcl2,  // Content-Length alone
  Mmdf,     // lines of four ^A around each message; read only, and recognised by the first one
};

std::string_view to_string(MboxDialect dialect);
FromQuoting quoting_of(MboxDialect dialect);
/// Whether every message has a Content-Length.
bool has_lengths(MboxDialect dialect);

}  // namespace lbx
