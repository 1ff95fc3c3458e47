// SPDX-License-Identifier: MIT
// How many octets a message has on the wire, and when it came, as far as that can be known without
// opening it. Two sources:
//   - the file letterbox-pop3-sizes: what a session of ours has measured. It may be lost at any
//     time; then messages are measured again;
//   - the name: "SECONDS.M<usec>...,S=<octets>,W=<octets with CRLF>". It is believed where both
//     sizes are there and fit each other, until the message is sent for the first time: if the
//     name has lied, the file gets the truth, and the file comes first. So opening a Maildir whose
//     names have sizes costs no look at a message (spec/scale.md rule 5), and no wrong size is
//     announced again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "pop3d/name_file.h"

namespace lbx::pop3d {

inline constexpr const char* kSizesKind = "pop3-sizes";

struct KnownSize {
  std::uint64_t octets;
  std::int64_t time;  // nanoseconds since 1970
  bool operator==(const KnownSize&) const = default;
};

/// As it stands in the file of sizes: "OCTETS/TIME".
std::string size_value(const KnownSize& size);
std::optional<KnownSize> parse_size_value(std::string_view value);

/// The time that a base name begins with, as deliveries write it: "SECONDS." or
/// "SECONDS.M<usec>". Nanoseconds since 1970.
std::optional<std::int64_t> time_in_name(std::string_view base);
/// ",W=" where ",S=" confirms it: line ends make a message larger, and at most twice as large.
std::optional<std::uint64_t> octets_in_name(std::string_view base);

struct Correction {
  std::string base;
  std::uint64_t octets;
};

/// Enters what has been learnt into the file of sizes. Best effort: a size that is not kept is
/// measured again.
void correct_sizes(System& system, int maildir, const std::vector<Correction>& corrections);

}  // namespace lbx::pop3d
