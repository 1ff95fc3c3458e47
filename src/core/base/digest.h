// SPDX-License-Identifier: MIT
// SHA-256 and HMAC with SHA-1, from OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace lbx {

/// The SHA-256 digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// HMAC-SHA1 (RFC 2104) of `bytes`, 20 octets. For formats that ask for it; nothing of ours does.
std::string hmac_sha1(std::string_view key, std::string_view bytes);

}  // namespace lbx
