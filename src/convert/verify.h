// SPDX-License-Identifier: MIT
// `--verify`: what was built is read again and compared with what the sources give when they are
// read again, message for message, before anybody sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "convert/conversion.h"
#include "convert/import_record.h"
#include "core/base/system.h"
#include "core/maildir/folder_name.h"

namespace lbx::convert {

/// `root`: the staging Maildir of the import that `record` has as pending, and its folders. The
/// number of messages;
/// an error, Retry::Later, names the first difference.
Result<std::uint64_t> verify_import(System& system, int root,
                                    const std::vector<FolderName>& folders,
                                    const ImportRecord& record,
                                    const std::vector<std::unique_ptr<Source>>& sources,
                                    Progress& progress);

/// The random part of a name that the Maildir sink gave; nothing for any other name.
std::optional<std::uint64_t> name_bits_in(std::string_view file_name);

}  // namespace lbx::convert
