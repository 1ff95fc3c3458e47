// SPDX-License-Identifier: MIT
// The mount guard (DESIGN section 6, spec/scale.md rule 7): a file at the root of a volume that
// shows that the volume is mounted. Where it is asked for and missing, no Maildir is made: the
// directory that we see may be the empty place where the mailboxes will be mounted later.
//
// The root of the volume is found by climbing from the home directory as long as the parent lies on
// the same device. With the volume away that climb ends elsewhere, at "/" as a rule, where the
// guard does not lie.
#pragma once

#include "core/base/system.h"
#include "deliver/report.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// Directories between a home and the root of its volume at most.
inline constexpr int kMaxVolumeDepth = 256;

/// Nothing where the setting mailhomeguard asks for no file, or the file is there; else why no
/// Maildir may be made: Later. `home` is a directory descriptor.
std::optional<Report> missing_volume(FileOps& files, int home, const Settings& settings);

}  // namespace lbx::deliver
