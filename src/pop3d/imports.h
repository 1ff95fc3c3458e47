// SPDX-License-Identifier: MIT
// The ids that another POP3 server gave the messages of a Maildir, from the files that it left
// there. Text in, ids out. What is no id (RFC 1939 section 7: 1 to 70 octets of 0x21..0x7E) is
// passed over, and so is a line that is none: the message then has our own id.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lbx::pop3d {

struct ImportedId {
  std::string base;  // the file's name up to its colon
  std::string id;
  bool operator==(const ImportedId&) const = default;
};

/// Dovecot's `dovecot-uidlist`, versions 1 and 3. `format` is its setting pop3_uidl_format, with
/// %u, %v, %f, %g and %%, the modifiers X, L, U and M, and a width. An id that Dovecot has saved
/// with the message (`P`) comes before it. A format that asks for more gives no ids.
std::vector<ImportedId> ids_of_dovecot(std::string_view uidlist, std::string_view format);

/// Courier's `courierpop3dsizelist`, versions 2 and 3.
std::vector<ImportedId> ids_of_courier(std::string_view sizelist);

}  // namespace lbx::pop3d
