// SPDX-License-Identifier: MIT
#include "deliver/settings.h"

#include "core/control/settings.h"

namespace lbx::deliver {
namespace {

constexpr std::uint64_t kMebi = std::uint64_t{1024} * 1024;

}  // namespace

Result<Settings> read_settings(const control::ControlDirectory& control) {
  Settings settings;
  settings.control = &control;
  return settings;
}

Result<ProgramLimits> program_limits(const Settings& settings) {
  const std::uint64_t time = LBX_TRY(setting_of(settings, control::kProgramTimeout));
  const std::uint64_t memory = LBX_TRY(setting_of(settings, control::kProgramMemory));
  const std::uint64_t processes = LBX_TRY(setting_of(settings, control::kProgramProcesses));
  const std::uint64_t output = LBX_TRY(setting_of(settings, control::kProgramOutput));
  return ProgramLimits{std::chrono::seconds{time}, {memory * kMebi, processes}, output};
}

Result<MboxLockPolicy> mbox_locks(const Settings& settings) {
  MboxLockPolicy policy = settings.locks;
  if (settings.control == nullptr) return policy;
  // No file: whoever delivers has a default of his own.
  const bool chosen = LBX_TRY(settings.control->exists(control::kMboxLocks.file));
  if (chosen) {
    const std::string words = LBX_TRY(settings.control->get(control::kMboxLocks));
    policy = LBX_TRY(MboxLockPolicy::parse(words));
  }
  policy.timeout = std::chrono::seconds{LBX_TRY(settings.control->get(control::kMboxLockTimeout))};
  return policy;
}

Result<std::optional<Srs>> srs_settings(const Settings& settings) {
  if (settings.control == nullptr) return std::optional<Srs>{};
  const control::ControlDirectory& control = *settings.control;
  Srs srs;
  srs.domain = LBX_TRY(control.get(control::kSrsDomain));
  if (srs.domain.empty()) return std::optional<Srs>{};
  srs.secrets = LBX_TRY(control.get(control::kSrsSecrets));
  if (srs.secrets.empty()) return Error::later("srsdomain needs a secret in srssecrets");
  srs.max_age = LBX_TRY(control.get(control::kSrsMaxAge));
  return std::optional<Srs>{std::move(srs)};
}

Report bad_setting(const Error& error) {
  return {Verdict::Later, "Unable to use a setting. (#4.3.5)", error.what, ""};
}

}  // namespace lbx::deliver
