// SPDX-License-Identifier: MIT
// The sources of `letterbox-convert`: mbox files for mbox2maildir, mail in any form for import.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "convert/mail_tree.h"
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

/// Which folder mail goes to.
struct FolderRule {
  std::vector<std::string>
      below;         // levels of the folder that all others are below; none: the inbox
  bool flat{false};  // everything goes into that one
};

/// Sources for what find_mail() found, none of which is opened yet. `absolute` gives a path its one
/// form, for Source::name().
std::vector<std::unique_ptr<Source>> open_tree(
    System& system, LockOps& locks, const MailTree& tree, const MboxSource::Options& options,
    const FolderRule& rule, const std::function<std::string(const std::string&)>& absolute);

/// ImportOptions::fingerprint of these options, and of where the messages go.
std::string fingerprint_of(const MboxSource::Options& options);
std::string fingerprint_of(const MailTree& tree, const FolderRule& rule);

}  // namespace lbx::convert
