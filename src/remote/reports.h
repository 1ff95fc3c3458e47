// SPDX-License-Identifier: MIT
// What qmail-remote says (CONTRACT 1.12): reports, each a letter, text and a NUL. First one for a
// recipient each, in their order, r, h or s: taken, refused for good, refused for now; there may be
// fewer. Then one for the message, K, Z or D.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/base/process.h"
#include "core/wire/order.h"

namespace lbx::remote {

/// Octets of what it says that are looked at: a reply for each of the most recipients.
inline constexpr std::size_t kMaxRemoteOutput = std::size_t{1024} * 1024;

/// What became of each of `recipients`. It promises that nobody is taken for served whom the
/// program has not called taken, in a message that it has called taken; and that what cannot be
/// understood is for later.
std::vector<wire::Answer> remote_answers(const ExitStatus& status, std::string_view output,
                                         std::size_t recipients);

}  // namespace lbx::remote
