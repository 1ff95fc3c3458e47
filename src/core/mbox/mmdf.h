// SPDX-License-Identifier: MIT
// MMDF mailboxes: each message stands between two lines of four ^A. Nothing is quoted, nothing is
// added; some programs write a From_ line first.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/mbox/border.h"
#include "core/mbox/file_window.h"

namespace lbx::mmdf {

/// Whether the file begins like one.
Result<bool> is_mailbox(FileWindow& window);

/// The message whose first ^A line stands at `offset`. Nothing at the end of the file, and where no
/// such line stands.
Result<std::optional<Border>> begin_at(FileWindow& window, std::uint64_t offset);

struct End {
  std::uint64_t content;  // of the message: where its last ^A line begins, or the file ends
  std::uint64_t next;     // behind that line
};
/// The end of the message whose content begins at `content`.
Result<End> find_end(FileWindow& window, std::uint64_t content);

}  // namespace lbx::mmdf
