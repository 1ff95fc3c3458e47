// SPDX-License-Identifier: MIT
// queue/store/spool: large bodies, a file each. A submitter writes one himself, through a
// descriptor of a file that has no name yet; nobody but the queue's user can open it by any path.
// adopt() gives it a name, durably, once nobody can change it any more.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "queue/store.h"

namespace lbx::queue {

class SpoolArea {
 public:
  /// `directory`: queue/store, where spool/ is made if it is missing. `system` must outlive it.
  static Result<SpoolArea> open(System& system, const std::string& directory);

  /// A file that begins with `head`, open for reading and writing, its position behind it.
  Result<UniqueFd> create(std::string_view head);

  struct Adopted {
    std::string name;
    std::uint64_t size{0};
  };
  /// The file of a create() that came back from a submitter. On return it is on the disk under its
  /// name; until the message is committed, remove() takes it away again. An error with EAGAIN:
  /// somebody can still write to it, which a later call may not find; every other is for good for
  /// this file. Any thread may call this.
  Result<Adopted> adopt(UniqueFd file, std::string_view head);

  Result<UniqueFd> open_file(const std::string& name) const;
  /// At once: where no message has it.
  void remove(const std::string& name);

  /// Its message has ended; remove_condemned() takes it away. Between the two a transaction with
  /// Durability::Now that was begun after the end must have been committed, or a power cut would
  /// bring back the message without its file.
  void condemn(std::string name);
  void remove_condemned();

  /// Removes the files that no message of `store` has: at the start, when nothing is on its way.
  /// The value is how many.
  Result<std::size_t> sweep(QueueStore& store);

 private:
  SpoolArea(System& system, UniqueFd directory);

  System* system_;
  UniqueFd directory_;
  std::vector<std::string> condemned_;
};

}  // namespace lbx::queue
