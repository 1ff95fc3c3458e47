// SPDX-License-Identifier: MIT
// The sources of `letterbox-convert mbox2maildir`: mbox files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "convert/mbox_source.h"
#include "core/base/system.h"

namespace lbx::convert {

struct SourcePath {
  std::string path;  // as it was given
  std::string name;  // see Source::name()
};

/// Opens and looks at all of them, each once, before anything is made: where one is no mbox, or
/// damaged, the error is Retry::Never.
Result<std::vector<std::unique_ptr<Source>>> open_mboxes(System& system, LockOps& locks,
                                                         const std::vector<SourcePath>& paths,
                                                         const MboxSource::Options& options);

/// ImportOptions::fingerprint of these options.
std::string fingerprint_of(const MboxSource::Options& options);

}  // namespace lbx::convert
