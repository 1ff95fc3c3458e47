// SPDX-License-Identifier: MIT
#include "core/base/result.h"

#include <system_error>

namespace lbx {

Error Error::from_errno(int code, const std::string& what) {
  return {Retry::Later, what + ": " + std::generic_category().message(code), code};
}

}  // namespace lbx
