// SPDX-License-Identifier: MIT
// Stored passwords: hashes of crypt(3), by libxcrypt. New ones are yescrypt, $y$; whatever else it
// knows is read, but for the forms without a '$', which nobody should have these days.
#pragma once

#include <string>

#include "core/base/result.h"

namespace lbx::auth {

/// A hash of `password` with a salt of its own.
Result<std::string> hash_password(const std::string& password);

bool is_password_hash(const std::string& text);
bool matches_hash(const std::string& hash, const std::string& password);

}  // namespace lbx::auth
