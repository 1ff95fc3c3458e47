// SPDX-License-Identifier: MIT
// What would come of a message for one address, as far as can be seen without delivering it: the
// plan, each step of it with its prospect, and how it ends. `letterbox explain` prints it; whoever
// asks whether a recipient is deliverable gets its result.
#pragma once

#include <vector>

#include "core/base/system.h"
#include "deliver/foresee.h"
#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

/// A step of the script and what it comes to.
struct ForecastStep {
  dotqmail::Step step;
  bool reached;       // no earlier step fails
  Prospect prospect;  // of its instruction, if it has one
};

struct Forecast {
  Plan plan;
  std::vector<ForecastStep> steps;
  Report result;
};

/// With the rights of whoever calls: the answer is delivery's only where they are those of the
/// recipient.
Forecast forecast(System& system, const Request& request, const Settings& settings);

}  // namespace lbx::deliver
