// SPDX-License-Identifier: MIT
// What a delivery is allowed and told to do, beyond what the .qmail file says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "core/base/result.h"
#include "core/control/control_directory.h"
#include "core/mbox/lock.h"
#include "deliver/report.h"

namespace lbx::deliver {

/// Octets of a program's output of which the last line is kept.
inline constexpr std::size_t kMaxProgramText = 4096;

struct Settings {
  bool pretend{false};          // only say what would be done
  bool create_maildirs{false};  // those that the default delivery names
  bool capture_output{false};   // of programs: into the report, not onto our own output
  MboxLockPolicy locks;
  /// Names this delivery over all its attempts; empty: nobody knows.
  std::string attempt;
  /// For a forecast: how long the message will be, as far as is known (SIZE of RFC 1870).
  std::uint64_t message_octets{0};
  /// Gets the lines of `pretend` and warnings, without a newline.
  std::function<void(const std::string&)> say;
  /// Where settings are asked for that only some deliveries need; nullptr: their defaults count.
  const control::ControlDirectory* control{nullptr};
};

/// Settings as the control directory has them, which must outlive them. What only some deliveries
/// need is read when one of them comes to it.
Result<Settings> read_settings(const control::ControlDirectory& control);

/// A setting that only some deliveries need.
template <typename Kind>
auto setting_of(const Settings& settings, const Kind& kind)
    -> decltype(settings.control->get(kind)) {
  if (settings.control == nullptr) return control::default_of(kind);
  return settings.control->get(kind);
}

/// What delivery says where a setting cannot be used: Later.
Report bad_setting(const Error& error);

}  // namespace lbx::deliver
