// SPDX-License-Identifier: MIT
// Names and passwords in the one form in which they are stored and compared: SASLprep (RFC 4013)
// by libgsasl. So two ways of typing the same letters are the same password (RFC 6856 section 2.2,
// RFC 5034 section 4). What SASLprep forbids (control characters, private use, what is no UTF-8,
// mixed directions) never gets in.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace lbx::auth {

/// Octets of a name and of a password at most, before and after.
inline constexpr std::size_t kMaxName = 255;
inline constexpr std::size_t kMaxPassword = 1024;
/// Of one that is to be stored: what crypt(3) takes (CRYPT_MAX_PASSPHRASE_SIZE, less its NUL).
inline constexpr std::size_t kMaxStoredPassword = 511;

/// Whether the text is to be stored, where characters that Unicode 3.2 did not assign are refused,
/// or only compared (RFC 3454 section 7).
enum class Prepare { Store, Compare };

/// A login name. ASCII letters become small. Names stand in files and paths: ':' and '/' are
/// refused, and '#' or '.' at the beginning.
Result<std::string> prepare_name(std::string_view name, Prepare purpose);

/// An empty password is refused.
Result<std::string> prepare_password(std::string_view password, Prepare purpose);

/// Overwrites `text`: a password leaves no copy behind here.
void wipe(std::string& text);

}  // namespace lbx::auth
