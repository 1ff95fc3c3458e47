// SPDX-License-Identifier: MIT
#include "deliver/user_main.h"

#include <unistd.h>

#include "core/base/log.h"
#include "core/base/shared_sync.h"
#include "core/control/settings.h"
#include "deliver/user_process.h"

namespace lbx::deliver {
namespace {

Result<std::chrono::seconds> seconds_of(const control::ControlDirectory& control,
                                        const control::Number& setting) {
  return std::chrono::seconds{static_cast<std::int64_t>(LBX_TRY(control.get(setting)))};
}

}  // namespace

Result<SpawnerLimits> read_spawner_limits(const control::ControlDirectory& control) {
  SpawnerLimits limits;
  limits.children = LBX_TRY(control.get(control::kDeliverProcesses));
  limits.linger = LBX_TRY(seconds_of(control, control::kDeliverLinger));
  limits.delivery_time = LBX_TRY(seconds_of(control, control::kDeliverTime));
  return limits;
}

void deliver_as_user(const System& parent, const control::ControlDirectory& control,
                     const Settings& settings, const std::optional<std::string>& default_delivery,
                     int socket) {
  SharedSyncFileOps files;
  SystemClock clock;
  SystemRandomness randomness;
  System system{files, clock, randomness, ::getpid(), parent.host_name, parent.environment};
  const Result<std::string> fallback = control.get(control::kDefaultDelivery);
  const Result<std::uint64_t> threads = control.get(control::kDeliverThreads);
  if (!fallback || !threads) {
    return log("bad-setting", {{"why", (fallback ? threads.error() : fallback.error()).what}});
  }
  UserProcess process{system, settings, default_delivery.value_or(*fallback), socket,
                      static_cast<unsigned>(*threads)};
  process.run();
}

}  // namespace lbx::deliver
