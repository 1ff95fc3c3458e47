// SPDX-License-Identifier: MIT
// The text of a control file, read as its setting's form says (CONTRACT 0.5). No text: the file is
// missing, and the default counts. What the setting forbids is an error, Retry::Later, that says
// what would be right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/control/setting.h"

namespace lbx::control {

using FileText = std::optional<std::string>;

/// `me_instead` is the caller's: he knows the other file.
std::string value_of(const Line& setting, const FileText& text);
Result<std::uint64_t> value_of(const Number& setting, const FileText& text);
/// One of the setting's words.
Result<std::string_view> value_of(const Choice& setting, const FileText& text);
std::vector<std::string> value_of(const List& setting, const FileText& text);
/// The lines of a list.
std::vector<std::string> list_lines(std::string_view text);

/// Whether a file with this text would be taken.
Result<void> check(const Setting& setting, const std::string& text);

std::string_view file_of(const Setting& setting);
std::string_view help_of(const Setting& setting);

}  // namespace lbx::control
