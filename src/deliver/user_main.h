// SPDX-License-Identifier: MIT
// What the programs with a spawner have in common: its limits, and what a user's process does.
#pragma once

#include <optional>
#include <string>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "deliver/settings.h"
#include "deliver/spawner.h"

namespace lbx::deliver {

Result<SpawnerLimits> read_spawner_limits(const control::ControlDirectory& control);

/// Carries out the orders that come by `socket`, with the rights that the process has, until its
/// other side has closed. `default_delivery`: what a command line says, before the setting.
void deliver_as_user(const System& parent, const control::ControlDirectory& control,
                     const Settings& settings, const std::optional<std::string>& default_delivery,
                     int socket);

}  // namespace lbx::deliver
