// SPDX-License-Identifier: MIT
// The Sender Rewriting Scheme: a forwarded message keeps its sender in a form whose domain is ours,
// so that SPF at its target finds us, and a bounce finds back. As libsrs2 and postsrsd write it, so
// that their addresses can still be read after a change to us:
//   SRS0=HASH=DAY=domain=local@ours          of local@domain
//   SRS1=HASH=first==HASH=DAY=domain=local@ours   of an address that first has rewritten already
// HASH is the beginning of an HMAC, DAY two characters. What is read may be in another case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace lbx {

/// Days that DAY can tell apart.
inline constexpr std::uint64_t kSrsDays = 1024;

struct Srs {
  std::string domain;                // ours
  std::vector<std::string> secrets;  // the first one signs, all of them verify; never empty
  std::uint64_t max_age;             // days that a bounce may take; below kSrsDays
};

/// The sender of a message from `sender` that is forwarded. Without a domain that could be checked
/// (a bounce, a VERP form "-@[]"), or with ours, it stays as it is. Longer than kMaxAddress it
/// would be an error, Retry::Never.
Result<std::string> srs_forward(const Srs& srs, const std::string& sender, Instant now);

/// Whether `address` looks as if srs_reverse() could take it.
bool is_srs(std::string_view address);

/// Where a bounce to `address`, local@domain, goes. The error is Retry::Never: not of that form,
/// forged, or too old. Its text may be told to a peer.
Result<std::string> srs_reverse(const Srs& srs, const std::string& address, Instant now);

}  // namespace lbx
