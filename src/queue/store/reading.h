// SPDX-License-Identifier: MIT
// The queue for whoever only looks: beside a running letterbox-queued, or without one.
#pragma once

#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/base/system.h"
#include "queue/store/sqlite_store.h"

namespace lbx::queue {

/// nullptr where no queue was ever made in this mail home: it is empty.
Result<std::unique_ptr<SqliteStore>> open_for_reading(System& system, const std::string& mail_home);

/// Gives every message to `take`, by number, without bodies and a few at a time. Those that come or
/// go meanwhile may be missing.
Result<void> for_each_message(QueueStore& store,
                              const std::function<Result<void>(const Message&)>& take);

}  // namespace lbx::queue
