// SPDX-License-Identifier: MIT
#include "deliver/volume_guard.h"

#include <fcntl.h>

#include "core/control/settings.h"

namespace lbx::deliver {
namespace {

/// A descriptor of the highest directory above `home` on the same device.
Result<UniqueFd> volume_root(FileOps& files, int home) {
  UniqueFd here = LBX_TRY(files.open_at(home, ".", O_PATH | O_DIRECTORY));
  struct stat own = LBX_TRY(files.stat_fd(here.get()));
  for (int depth = 0; depth < kMaxVolumeDepth; ++depth) {
    UniqueFd above = LBX_TRY(files.open_at(here.get(), "..", O_PATH | O_DIRECTORY));
    const struct stat status = LBX_TRY(files.stat_fd(above.get()));
    if (status.st_dev != own.st_dev || status.st_ino == own.st_ino) return here;
    here = std::move(above);
    own = status;
  }
  return Error::later("more than " + std::to_string(kMaxVolumeDepth) + " directories deep");
}

Result<void> check(FileOps& files, int home, const std::string& guard) {
  if (guard.find('/') != std::string::npos) return Error::later(guard + " is no plain file name");
  const UniqueFd root = LBX_TRY(volume_root(files, home));
  LBX_TRY(files.stat_at(root.get(), guard));
  return {};
}

}  // namespace

std::optional<Report> missing_volume(FileOps& files, int home, const Settings& settings) {
  const Result<std::string> guard = setting_of(settings, control::kMailHomeGuard);
  if (!guard) return bad_setting(guard.error());
  if (guard->empty()) return std::nullopt;
  const Result<void> checked = check(files, home, *guard);
  if (checked) return std::nullopt;
  return Report::failed(
      "The volume with the mailboxes is not mounted: no " + *guard + " at its root. (#4.3.0)",
      checked.error());
}

}  // namespace lbx::deliver
