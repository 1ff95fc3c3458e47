// SPDX-License-Identifier: MIT
// Header fields that are not ASCII (RFC 2047).
#pragma once

#include <string>
#include <string_view>

namespace lbx {

/// `value`, an unfolded field, with each encoded word replaced by what it says, in UTF-8; blanks
/// between two of them go (RFC 2047 section 6.2). They are found within words too, as programs
/// write them. One in another character set than UTF-8, US-ASCII or ISO 8859-1 (or -15, which is
/// read as -1), or broken, stays as it is.
std::string decode_encoded_words(std::string_view value);

}  // namespace lbx
