// SPDX-License-Identifier: MIT
// Whether the folders of a Maildir have changed since somebody looked through them, as far as their
// own times tell.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/system.h"

namespace lbx::pop3d {

/// A folder that was changed less than this ago may change once more without looking changed: the
/// times of file systems are coarse.
inline constexpr std::int64_t kSettledSeconds = 3;

/// What tells a changed folder or file from an unchanged one. Nobody can set `changed`, which is
/// the file system's own.
struct Stamp {
  std::uint64_t inode;  // 0: there is none
  std::int64_t changed;
  std::int64_t modified;  // nanoseconds since 1970, both
  std::uint64_t size;
  bool operator==(const Stamp&) const = default;
};

/// Of a folder or file below `maildir`; all 0 where there is none.
Stamp stamp_of(FileOps& files, int maildir, const std::string& path);

struct FolderState {
  Stamp new_folder;
  Stamp cur_folder;
  bool operator==(const FolderState&) const = default;
};

FolderState folder_state(FileOps& files, int maildir);

/// Whether every change from now on will make the state another one: only where the times of
/// folders are this machine's, and the last change was a while ago.
bool is_settled(System& system, int maildir, const FolderState& state);

}  // namespace lbx::pop3d
