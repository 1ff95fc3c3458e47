// SPDX-License-Identifier: MIT
// Which server a session is: ours, or the one that qmail's users know.
#pragma once

namespace lbx::pop3d {

/// Qmail is for the programs that carry qmail's names (CONTRACT 1.17). There:
///   - what stands behind the arguments of a command is passed over; TOP may lack its second one,
///     and blanks in front of a password are skipped;
///   - replies have no response codes (RFC 2449 section 8), and CAPA announces none;
///   - TOP finds the end of a header only at a line that is empty as it is stored;
///   - a QUIT that could not remove everything is answered twice, -ERR and +OK;
///   - messages dated in the current second or later are not shown;
///   - what moves from new/ to cur/ gets ":2," even behind flags that it has.
/// Sizes, ids, transparency and what is removed when are the same in both.
enum class Dialect { Letterbox, Qmail };

}  // namespace lbx::pop3d
