// SPDX-License-Identifier: MIT
// Standard input, from where it stands: the message of everything in this folder.
#pragma once

#include <functional>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "inject/message_head.h"

namespace lbx::inject {

/// Gives it to `take`, piece by piece, until that wants no more or fails. The value is whether
/// there may be more.
Result<bool> read_input(System& system, const std::function<Result<bool>(std::string_view)>& take);

/// Its header, and what had to be read of the body to see the end of that.
Result<HeadReader> read_head(System& system);

}  // namespace lbx::inject
