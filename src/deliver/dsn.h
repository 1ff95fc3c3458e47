// SPDX-License-Identifier: MIT
// What a sender asked to be told of a delivery (RFC 3461), on its way from the session to the
// user's process, and the notice of success that he gets from there: whoever makes the final
// delivery writes it (sections 4.1, 5.2). Failures are told to the client, whose notices those are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/system.h"
#include "core/message/delivery_report.h"
#include "core/wire/smtp_command.h"
#include "deliver/engine.h"
#include "deliver/settings.h"

namespace lbx::deliver {

struct DsnRequest {
  std::string recipient{};  // as the sender knows it
  wire::Notify notify{};
  wire::ReturnContent ret{wire::ReturnContent::Unsaid};
  std::string original_recipient{};  // ORCPT and ENVID as they were sent: xtext
  std::string envelope_id{};
  bool utf8{false};         // the message came as SMTPUTF8
  std::int64_t arrival{0};  // seconds since 1970
  bool operator==(const DsnRequest&) const = default;
};
/// Without a NUL, as orders want it; an empty text where nothing was asked for.
std::string encode(const DsnRequest& request);
Result<DsnRequest> decode_dsn_request(std::string_view text);

/// What the queue is told where the message goes on to other addresses: $DSN_NOTIFY and the like of
/// qmail-queue(8). Success is told here, and so not again.
Environment queue_variables(const DsnRequest& request);

/// What became of the message, in the words of RFC 3461 sections 5.2.1 to 5.2.7.
ReportAction action_of(const Counts& counts);

/// Writes to `sender` what he asked for, where `outcome` is a success; `message` is read from its
/// first octet. The queue has it then. Nothing: he did not ask, or there is nobody who could.
/// Whoever calls has SIGPIPE ignored.
Result<void> tell_of_success(System& system, const Settings& settings, const DsnRequest& request,
                             const std::string& sender, const Outcome& outcome, int message);

}  // namespace lbx::deliver
