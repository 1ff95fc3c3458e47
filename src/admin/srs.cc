// SPDX-License-Identifier: MIT
#include "admin/srs.h"

#include "deliver/settings.h"

namespace lbx::admin {

Result<std::string> convert_sender(const control::ControlDirectory& control, bool reverse,
                                   const std::string& address, Instant now) {
  const deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  const std::optional<Srs> srs = LBX_TRY(deliver::srs_settings(settings));
  if (!srs) return Error::later("senders are not rewritten: there is no setting srsdomain");
  return reverse ? srs_reverse(*srs, address, now) : srs_forward(*srs, address, now);
}

}  // namespace lbx::admin
