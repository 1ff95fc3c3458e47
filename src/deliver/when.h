// SPDX-License-Identifier: MIT
// letterbox-when: whether a message has a header field that matches a pattern.
#pragma once

#include <string>

#include "core/base/file_ops.h"
#include "core/base/result.h"

namespace lbx::deliver {

struct WhenOptions {
  std::string header;          // the name of the field, in any case
  std::string pattern;         // of its value
  bool regex{false};           // an extended regular expression that matches somewhere; else a
                               // pattern of the shell, which matches all of the value
  bool case_sensitive{false};  // letters of ASCII
};

/// Whether a field of that name matches. Values are taken unfolded, without blanks at both ends,
/// and otherwise as they stand: encoded words (RFC 2047) are not decoded. Reads `message` on from
/// where it stands, which is where it stands afterwards too unless it is a pipe: another program of
/// the same line may look at it next. A pattern that makes no sense is an error, Retry::Later.
Result<bool> matches(FileOps& files, int message, const WhenOptions& options);

}  // namespace lbx::deliver
