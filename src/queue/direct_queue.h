// SPDX-License-Identifier: MIT
// Submitting while no queue runs: the same message, into the same store, by whoever may write to it
// (root, or everybody's only user), so that mail is taken at any time. The daemon finds it when it
// starts; the store's lock keeps the two apart.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "core/base/system.h"
#include "core/wire/queue_door.h"
#include "queue/admission.h"
#include "queue/store/spool_area.h"
#include "queue/store/sqlite_store.h"

namespace lbx::queue {

class DirectQueue {
 public:
  /// Opens queue/store of the mail home, which is made where its queue/ is ours and we are not
  /// root. `uid`: who submits. Another process that has the store is waited for so long; the error
  /// has EWOULDBLOCK then.
  static Result<std::unique_ptr<DirectQueue>> open(System& system, uid_t uid, int patience_ms);

  // As wire::QueueDoor; errors whose os_error is 0 are for the sender, too.
  Result<wire::QueueDoor::SpoolFile> spool_file();
  Result<std::int64_t> submit(const wire::DoorEnvelope& envelope, UniqueFd message);

 private:
  DirectQueue(System& system, uid_t uid, Routes routes, std::unique_ptr<SqliteStore> store,
              SpoolArea spool, std::string head)
      : system_{system},
        uid_{uid},
        routes_{std::move(routes)},
        store_{std::move(store)},
        spool_{std::move(spool)},
        head_{std::move(head)} {}
  Result<void> add_body(NewMessage& message, UniqueFd file);
  Result<Submitted> write(const NewMessage& message);

  System& system_;
  uid_t uid_;
  Routes routes_;
  std::unique_ptr<SqliteStore> store_;
  SpoolArea spool_;
  std::string head_;  // the Received line
  bool spooled_{false};
};

}  // namespace lbx::queue
