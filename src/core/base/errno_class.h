// SPDX-License-Identifier: MIT
// Which errno values a later attempt may not meet again.
#pragma once

namespace lbx {

/// True for the values that qmail treats as temporary (CONTRACT 0.2, error_temp.c). It decides
/// whether the look-up of a .qmail file goes on to the next candidate; it never bounces anything.
bool is_temporary_errno(int code);

}  // namespace lbx
