// SPDX-License-Identifier: MIT
// How the programs that look users up say with an exit status why they could not: what qmail-lspawn
// understands (CONTRACT 1.2, 1.3).
#pragma once

#include "core/base/result.h"

namespace lbx::users {

inline constexpr int kStatusNotAsRoot = 113;
inline constexpr int kStatusNetworkFileSystem = 115;
inline constexpr int kStatusNoAlias = 116;
inline constexpr int kStatusDatabase = 117;
inline constexpr int kStatusTemporary = 118;

/// The status for an error of find_controller() or of a Resolver.
int lookup_status(const Error& error);

}  // namespace lbx::users
