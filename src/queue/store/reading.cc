// SPDX-License-Identifier: MIT
#include "queue/store/reading.h"

#include <fcntl.h>

#include <cerrno>

#include "queue/store/places.h"

namespace lbx::queue {
namespace {

/// Messages that are held in memory at once: each may have many recipients.
constexpr std::size_t kAtOnce = 20;

}  // namespace

Result<std::unique_ptr<SqliteStore>> open_for_reading(System& system,
                                                      const std::string& mail_home) {
  const std::string directory = store_of(mail_home);
  const Result<struct stat> there = system.files.stat_at(AT_FDCWD, directory + "/queue.db");
  if (!there && there.error().os_error == ENOENT) return std::unique_ptr<SqliteStore>{};
  if (!there) return there.error();
  return SqliteStore::open(system, directory, {SqliteStore::Access::Read});
}

Result<void> for_each_message(QueueStore& store,
                              const std::function<Result<void>(const Message&)>& take) {
  MessageId last = 0;
  for (;;) {
    const std::vector<Message> some = LBX_TRY(store.list(last, kAtOnce));
    if (some.empty()) return {};
    for (const Message& each : some) LBX_TRY(take(each));
    last = some.back().id;
  }
}

}  // namespace lbx::queue
