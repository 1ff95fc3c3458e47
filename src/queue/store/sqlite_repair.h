// SPDX-License-Identifier: MIT
// What can be done for a queue.db with damaged pages: all that can still be read goes into a new
// file, which takes the place of the old one; the old one is kept beside it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/system.h"

namespace lbx::queue {

struct Repair {
  std::uint64_t messages{0};    // whole, in the new file
  std::uint64_t recipients{0};  // theirs
  std::string kept;             // the name of the old file, beside the new one
  /// What was lost, a line for each message or recipient of which parts could be read.
  std::vector<std::string> lost;
};

/// `directory`: queue/store, which nobody else may be writing to. The new file is on the disk
/// before it gets its name; a crash leaves one of the two in place. Numbers are not given again,
/// and the store has a new name, so that no attempt is taken for one of before.
Result<Repair> repair_store(System& system, const std::string& directory);

}  // namespace lbx::queue
