// SPDX-License-Identifier: MIT
// queue/store/spool: large bodies, a file each. A submitter writes one himself, through a
// descriptor of a file that has no name yet; nobody but the queue's user can open it by any path.
// adopt() gives it a name, durably, once nobody can change it any more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/base/unique_fd.h"
#include "queue/store/store.h"

namespace lbx::queue {

/// A submitter sends his descriptor and closes it then: so long he may take.
inline constexpr int kAdoptPatience = 200;

class SpoolArea {
 public:
  /// `directory`: queue/store, where spool/ is made if it is missing. `system` must outlive it.
  static Result<SpoolArea> open(System& system, const std::string& directory);

  /// A file that begins with `head`, open for reading and writing, its position behind it.
  Result<UniqueFd> create(std::string_view head) const;

  struct Adopted {
    std::string name;
    std::uint64_t size{0};
  };
  /// The file of a create() that came back from a submitter; the caller has closed his own
  /// descriptor of it. On return it is on the disk under its name; until the message is committed,
  /// remove() takes it away again. Never: it is no such file, or does not begin with `head`.
  /// EAGAIN: somebody can still write to it, after a wait of kAdoptPatience milliseconds. Any
  /// thread may call this; it flushes, and may wait.
  Result<Adopted> adopt(UniqueFd file, std::string_view head) const;

  Result<UniqueFd> open_file(const std::string& name) const;
  /// At once: where no message has it.
  void remove(const std::string& name) const;

  /// Its message has ended; remove_condemned() takes it away. Between the two a transaction with
  /// Durability::Now that was begun after the end must have been committed, or a power cut would
  /// bring back the message without its file.
  void condemn(std::string name);
  void remove_condemned();

  /// Removes the files that no message of `store` has: at the start, when nothing is on its way.
  /// The value is how many.
  Result<std::size_t> sweep(QueueStore& store) const;

 private:
  SpoolArea(System& system, UniqueFd directory)
      : system_{&system}, directory_{std::move(directory)} {}

  Result<UniqueFd> nameless() const;
  Result<UniqueFd> settled(UniqueFd file) const;
  Result<UniqueFd> copy(int file) const;
  Result<std::string> name(int file, const std::string& old_name) const;

  System* system_;
  UniqueFd directory_;
  std::vector<std::string> condemned_;
};

}  // namespace lbx::queue
