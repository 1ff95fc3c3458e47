// SPDX-License-Identifier: MIT
// What came through the door, or past it where no queue runs, as the store keeps it.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/wire/queue_door.h"
#include "queue/classify.h"
#include "queue/store/message.h"

namespace lbx::queue {

/// Everything but the body and the size. Each recipient is classified by `routes`; words of
/// NOTIFY that there are not say nothing.
NewMessage admit(const Routes& routes, wire::DoorEnvelope envelope, uid_t uid, pid_t pid,
                 std::int64_t now);

}  // namespace lbx::queue
