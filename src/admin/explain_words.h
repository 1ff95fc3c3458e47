// SPDX-License-Identifier: MIT
// The words that both forms of an explanation are made of.
#pragma once

#include <string>

#include "admin/explain.h"

namespace lbx::admin {

/// "chosen", "missing", …: one word for each Tried::Found.
std::string found_word(deliver::Tried::Found found);
/// "maildir", "mbox", "program" or "forward".
std::string kind_word(const dotqmail::Instruction& instruction);
/// The path, command or address that an instruction names.
std::string target_of(const dotqmail::Instruction& instruction);
/// "0644"
std::string mode_word(mode_t mode);
/// "deliver", "later", "never", or "elsewhere" where nobody here delivers.
std::string verdict_word(const Explanation& explanation);
/// "local", "virtual", "unconfigured" or "elsewhere".
std::string domain_word(users::Domain domain);
/// "assignment", "account" or "alias".
std::string who_word(users::Resolution::Source source);

}  // namespace lbx::admin
