// SPDX-License-Identifier: MIT
// What a delivery can be expected to fail at, found by looking only. What cannot be seen from here
// (what a program answers, whether the queue takes a message, a disk that fills up) is not
// foreseen.
#pragma once

#include <optional>
#include <string>

#include "core/base/system.h"
#include "deliver/plan.h"
#include "deliver/settings.h"

namespace lbx::deliver {

struct Prospect {
  std::optional<Report> failure;
  std::string note;  // for people: "would be made", "is not there"; may be empty
};

/// `home` as for make_plan().
Prospect foresee(System& system, int home, const Plan& plan,
                 const dotqmail::Instruction& instruction, const Settings& settings);

/// Whether `path` certainly stays below the home directory `home`, which exists. Elsewhere a
/// missing directory may be a volume that is not mounted.
bool is_below_home(std::string_view home, std::string_view path);

}  // namespace lbx::deliver
