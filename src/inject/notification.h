// SPDX-License-Identifier: MIT
// What a sender may want to be told of his message (RFC 3461): the words, in any case.
#pragma once

#include <string_view>

namespace lbx::inject {

/// Section 4.1: NEVER, or any of the others.
bool is_notify(std::string_view text);
/// Section 4.3: FULL or HDRS.
bool is_return(std::string_view text);
/// Section 4.4: an envelope id, not in xtext.
bool is_envelope_id(std::string_view text);

}  // namespace lbx::inject
