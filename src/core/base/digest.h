// SPDX-License-Identifier: MIT
// Digests, from OpenSSL.
#pragma once

#include <string>
#include <string_view>

namespace lbx {

/// The SHA-256 digest of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

/// The MD5 digest of `bytes` as 32 lower-case hexadecimal digits: for ids that other servers once
/// made so, never for security.
std::string md5_hex(std::string_view bytes);

}  // namespace lbx
