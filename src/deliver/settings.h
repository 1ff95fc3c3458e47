// SPDX-License-Identifier: MIT
// What a delivery is allowed and told to do, beyond what the .qmail file says.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/process.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "core/mbox/lock.h"
#include "core/message/srs.h"
#include "core/wire/order.h"
#include "deliver/report.h"

namespace lbx::deliver {

/// Below a user's home: what deliveries note for later ones.
inline constexpr const char* kNotesFolder = ".letterbox";

struct Settings {
  bool pretend{false};          // only say what would be done
  bool create_maildirs{false};  // those that the default delivery names
  bool capture_output{false};   // of programs: into the report, not onto our own output
  /// Gets all that programs write, as it comes, instead.
  std::function<void(std::string_view)> take_output;
  bool pass_environment{false};  // ours, to programs; else a short list of it
  MboxLockPolicy locks;          // where the control directory says nothing
  /// Names this delivery over all its attempts, and never one of another message: its sender and
  /// recipient may still have to be told apart. Empty: nobody knows.
  std::string attempt;
  wire::Earlier earlier{wire::Earlier::Unknown};  // what is known of its attempts before this one
  /// Gets a directory with the name of a message, for whoever flushes several at once. Used where a
  /// Maildir is all there is to do. Empty: it is flushed at once.
  std::function<Result<void>(UniqueFd)> settle_later;
  /// For a forecast: how long the message will be, as far as is known (SIZE of RFC 1870).
  std::uint64_t message_octets{0};
  /// What the queue program gets beside the environment where something is forwarded.
  Environment queue_variables{};
  /// Gets the lines of `pretend` and warnings, without a newline.
  std::function<void(const std::string&)> say;
  /// Where settings are asked for that only some deliveries need; nullptr: their defaults count.
  const control::ControlDirectory* control{nullptr};
};

/// Settings as the control directory has them, which must outlive them. What only some deliveries
/// need is read when one of them comes to it, by setting_of() and the functions below.
Result<Settings> read_settings(const control::ControlDirectory& control);

/// A setting that only some deliveries need.
template <typename Kind>
auto setting_of(const Settings& settings, const Kind& kind)
    -> decltype(settings.control->get(kind)) {
  if (settings.control == nullptr) return control::default_of(kind);
  return settings.control->get(kind);
}

/// What a program of a .qmail line may use.
struct ProgramLimits {
  std::chrono::seconds time;
  ResourceLimits resources;
  std::size_t output;  // octets of the end of what it writes that are looked at
};
Result<ProgramLimits> program_limits(const Settings& settings);

/// How an mbox is locked: as the control directory says, else as `settings.locks` does.
Result<MboxLockPolicy> mbox_locks(const Settings& settings);

/// How senders of what is forwarded are rewritten; nothing: not at all.
Result<std::optional<Srs>> srs_settings(const Settings& settings);

/// What delivery says where a setting cannot be used: Later.
Report bad_setting(const Error& error);

}  // namespace lbx::deliver
