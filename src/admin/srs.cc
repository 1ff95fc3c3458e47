// SPDX-License-Identifier: MIT
#include "admin/srs.h"

#include "admin/site.h"
#include "core/message/address.h"
#include "deliver/settings.h"

namespace lbx::admin {

Result<std::string> convert_sender(const control::ControlDirectory& control, bool reverse,
                                   const std::string& address, Instant now) {
  const deliver::Settings settings = LBX_TRY(deliver::read_settings(control));
  const std::optional<Srs> srs = LBX_TRY(deliver::srs_settings(settings));
  if (!srs) return Error::later("senders are not rewritten: there is no setting srsdomain");
  const SplitAddress split = split_address(address);
  const std::string plain = split.local + (split.host ? '@' + *split.host : "");
  const std::string other =
      LBX_TRY(reverse ? srs_reverse(*srs, plain, now) : srs_forward(*srs, plain, now));
  return quote_sender(other);
}

}  // namespace lbx::admin
