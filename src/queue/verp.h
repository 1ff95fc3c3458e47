// SPDX-License-Identifier: MIT
// A sender of its own for each recipient, so that a bounce says whom it is about (CONTRACT 1.8).
#pragma once

#include <string>
#include <string_view>

namespace lbx::queue {

/// Whether `sender` asks for it: PRE@HOST-@[].
bool is_verp(std::string_view sender);

/// PRE, RECIPBOX=RECIPHOST, @HOST; any other sender as it is.
std::string expand_verp(std::string_view sender, std::string_view recipient);

/// Without the mark: whom a bounce about the whole message goes to.
std::string_view without_verp(std::string_view sender);

}  // namespace lbx::queue
