// SPDX-License-Identifier: MIT
// Where an import is built: a Maildir of its own that no reader looks into, in which every message
// can have its last name at once. When all of it is whole and durable, it is published:
//
//   the target does not exist     the staging directory `.NAME.letterbox-import` beside it becomes
//                                 it, by one rename
//   the target exists             each message is renamed from TARGET/tmp/letterbox-import/ into
//                                 new/ or cur/; a folder that the target does not have yet is
//                                 renamed as a whole, the messages of others one by one
//
// Other files that lie in a staged folder go with it, where there is none of that name yet.
// A crash before leaves the staging directory, with which the next run goes on. A crash in between
// leaves the messages that still have to move, and the next run moves them: no message is ever in
// both places, whatever a reader has done with those that have moved.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/import_record.h"
#include "core/base/system.h"
#include "core/maildir/folder_name.h"

namespace lbx::convert {

class Staging {
 public:
  /// Finds or makes the staging directory for the Maildir `target`, whose parent must exist, and
  /// locks the record: a second import is refused, Retry::Later. `system` must outlive the staging.
  static Result<Staging> open(System& system, LockOps& locks, const std::string& target);

  ImportRecord& record() { return record_; }
  /// The staging directory: a Maildir.
  int root() const { return root_.get(); }

  /// The Maildir that exists already, or nothing.
  Result<UniqueFd> target() const;
  /// The folders that are staged, the inbox among them, in order.
  Result<std::vector<FolderName>> folders() const;

  /// Removes every message that `keep` does not know, by its name, and all of tmp/, and folders
  /// that are empty then. How many messages stay.
  Result<std::uint64_t> sweep(const std::function<bool(std::string_view)>& keep);
  /// Moves everything to where readers see it, durably; the record says so before and after. The
  /// staging is spent then.
  Result<void> publish();
  /// Removes everything: nothing was ever there.
  void remove();

 private:
  struct Place {
    UniqueFd parent;
    std::string staging;  // below parent
    std::string target;   // below parent
    bool fresh;           // the staging directory becomes the target
  };
  Staging(System& system, Place place, UniqueFd root, ImportRecord record)
      : system_{&system},
        place_{std::move(place)},
        root_{std::move(root)},
        record_{std::move(record)} {}
  static Result<Place> find_place(System& system, const std::string& target);
  Result<bool> still_named() const;
  Result<std::uint64_t> sweep_folder(const FolderName& folder,
                                     const std::function<bool(std::string_view)>& keep);
  Result<void> require_folders() const;
  Result<void> move_all();
  Result<void> move_folder(int target, const FolderName& folder);
  Result<void> move_messages(int from, int to);
  void remove_directories();
  void remove_folder(const FolderName& folder);

  System* system_;
  Place place_;
  UniqueFd root_;
  ImportRecord record_;
};

}  // namespace lbx::convert
