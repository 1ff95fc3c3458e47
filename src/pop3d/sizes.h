// SPDX-License-Identifier: MIT
// How many octets a message has on the wire, and when it came, as far as that can be known without
// opening it. Two sources:
//   - the index (index_file.h): what a session of ours has measured. It may be lost at any time;
//     then messages are measured again;
//   - the name: "SECONDS.M<usec>...,S=<octets>,W=<octets with CRLF>". It is believed where both
//     sizes are there and fit each other, until the message is sent for the first time: if the
//     name has lied, the index gets the truth, and the index comes first. So opening a Maildir
//     whose names have sizes costs no look at a message (spec/scale.md rule 5), and no wrong size
//     is announced again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"

namespace lbx::pop3d {

/// The time that a base name begins with, as deliveries write it: "SECONDS." or
/// "SECONDS.M<usec>". Nanoseconds since 1970.
std::optional<std::int64_t> time_in_name(std::string_view base);
/// ",W=" where ",S=" confirms it: line ends make a message larger, and at most twice as large.
std::optional<std::uint64_t> octets_in_name(std::string_view base);

struct Correction {
  std::string base;
  std::uint64_t octets;
};

/// Enters what has been learnt into the index. Best effort: a size that is not kept is measured
/// again. What another session has written meanwhile is read anew and kept.
void correct_sizes(System& system, int maildir, const std::vector<Correction>& corrections);

}  // namespace lbx::pop3d
