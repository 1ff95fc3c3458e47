// SPDX-License-Identifier: MIT
// What the lists have in common in which mail servers note the messages of a Maildir.
#pragma once

#include <string_view>

namespace lbx {

/// Takes the next line off `text`; it comes without its end.
std::string_view take_line(std::string_view& text);

/// The base name in the name of a message's file.
std::string_view base_of(std::string_view file_name);

}  // namespace lbx
