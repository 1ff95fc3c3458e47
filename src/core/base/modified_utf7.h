// SPDX-License-Identifier: MIT
// Modified UTF-7 (RFC 3501 section 5.1.3): how IMAP writes the names of mailboxes in ASCII.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lbx {

/// `text`, UTF-8, in its one right form. Nothing where it is not UTF-8.
std::optional<std::string> to_modified_utf7(std::string_view text);

/// What to_modified_utf7() made `text` from; nothing where it made no such text.
std::optional<std::string> from_modified_utf7(std::string_view text);

}  // namespace lbx
