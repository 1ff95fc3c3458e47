// SPDX-License-Identifier: MIT
#include "deliver/srs_bounce.h"

#include "core/message/srs.h"
#include "deliver/submit.h"

namespace lbx::deliver {

std::string rewritten_part(const Environment& environment) {
  for (const char* name : {"DEFAULT", "EXT", "LOCAL"}) {
    std::string value = lookup(environment, name).value_or("");
    if (is_srs(value)) return value;
  }
  return {};
}

Result<pid_t> return_bounce(System& system, const Settings& settings, int message) {
  const std::optional<Srs> srs = LBX_TRY(srs_settings(settings));
  if (!srs) return Error::later("the setting srsdomain is missing (#4.3.5)");
  const std::string part = rewritten_part(system.environment);
  const Instant now = system.clock.now();
  const std::string target = LBX_TRY(srs_reverse(*srs, part + '@' + srs->domain, now));
  const std::string sender =
      LBX_TRY(srs_forward(*srs, lookup(system.environment, "SENDER").value_or(""), now));
  return submit(system, system.environment,
                {lookup(system.environment, "DTLINE").value_or(""), sender, {target}}, message);
}

}  // namespace lbx::deliver
