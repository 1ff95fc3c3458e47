// SPDX-License-Identifier: MIT
// The characters that separate a user's name from an extension: all of them lead to the same
// .qmail files, "joe+list" and "joe-list" both to .qmail-list of joe.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/control/control_directory.h"

namespace lbx::users {

/// control/delimiters. A letter, a digit, or an octet that cannot stand for a delimiter ('@', '/',
/// '.', ':', a control or a non-ASCII octet) is an error, Retry::Later. Empty: no extensions.
Result<std::string> read_delimiters(const control::ControlDirectory& control);

}  // namespace lbx::users
