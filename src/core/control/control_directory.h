// SPDX-License-Identifier: MIT
// The control directory of a mail home. Files are opened when they are asked for, so a
// process sees a change at its next question, and a setting nobody asks for costs nothing.
//
// A missing file, or a missing control directory, means the default. A file that is there and
// cannot be read, or holds what the setting forbids, is an error, Retry::Later, that names it:
// mail waits until somebody has mended the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "core/control/setting.h"

namespace lbx::control {

/// Octets of a control file at most.
inline constexpr std::size_t kMaxFileOctets = std::size_t{16} * 1024 * 1024;

/// The lines of a list: what List in setting.h says of them.
std::vector<std::string> list_lines(std::string_view text);

class ControlDirectory {
 public:
  /// Opens nothing. `files` must outlive it.
  ControlDirectory(FileOps& files, std::string mail_home);

  Result<std::string> get(const Line& setting) const;
  Result<std::uint64_t> get(const Number& setting) const;
  /// One of the setting's words.
  Result<std::string_view> get(const Choice& setting) const;
  /// Empty where the file is missing; see exists().
  Result<std::vector<std::string>> get(const List& setting) const;
  /// For the few lists where a missing file means something else than an empty one.
  Result<bool> exists(std::string_view file) const;

  const std::string& mail_home() const { return mail_home_; }

 private:
  std::string path_of(std::string_view file) const;
  Result<std::optional<std::string>> text_of(std::string_view file) const;
  Result<std::optional<std::string>> first_line_of(std::string_view file) const;

  FileOps& files_;
  std::string mail_home_;
};

}  // namespace lbx::control
