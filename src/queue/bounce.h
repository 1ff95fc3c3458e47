// SPDX-License-Identifier: MIT
// Who hears what became of a message, and from whom (CONTRACT 1.8, RFC 3461 section 5.2, RFC 5321
// section 6.1). Pure: messages come in, notices go out; routing, writing and the transaction that
// makes a notice and its recipients one are the caller's.
//
// Whatever came with an empty sender is told to the administrator only, what the administrator was
// told about to nobody; and of mail that comes round again nobody hears but the administrator and
// senders of this host's own domains. So no message makes a host send to a stranger twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/control/control_directory.h"
#include "core/message/delivery_report.h"
#include "queue/store/message.h"

namespace lbx::queue {

/// Recipients that one notice speaks of; there is another one for the rest.
inline constexpr std::size_t kMaxReported = 500;

struct BounceSettings {
  ReportForm form{ReportForm::Multipart};
  std::string host;               // bouncehost
  std::string me;                 // this host's own name
  std::string from;               // bouncefrom@bouncehost
  std::string double_to;          // doublebounceto@doublebouncehost; empty: nobody hears
  std::string copy_to;            // empty: nobody has copies
  std::uint64_t max_bytes{0};     // of an original that is returned whole; 0: any
  std::int64_t delay_warning{0};  // seconds; 0: never
  bool local_dates{true};
};

/// The settings bouncefrom to delaywarning. `fallback` is the form where control/bounceformat does
/// not say: qmail-start(8) has the old one.
Result<BounceSettings> read_bounce_settings(const control::ControlDirectory& control,
                                            ReportForm fallback);

/// Whether an address is of a domain that this host receives mail for.
using IsOurs = std::function<bool(std::string_view address)>;

/// A message to be submitted: `envelope` lacks uid, pid and size, the recipient its route.
struct Notice {
  Envelope envelope;
  NewRecipient recipient;
  DeliveryReport report;  // for write_report(), with the body of the original
};

struct Told {
  std::vector<Notice> notices;  // to be submitted in one transaction, with told()
  std::string log;              // what is to be logged where nobody hears; or empty
};

/// Of recipients of `message` that failed for good; their reports say why.
Told failure_notices(const Message& message, std::span<const Recipient* const> failed,
                     const BounceSettings& settings, const IsOurs& is_ours, std::int64_t now);

/// Whether the sender hears of a delay, once the time has come.
bool hears_of_delay(const Envelope& envelope, const Notify& notify, const BounceSettings& settings);
/// Whether a recipient that was deferred has waited for so long that its sender should know.
bool warns_of_delay(const Message& message, const Recipient& recipient,
                    const BounceSettings& settings, std::int64_t now);
/// Of recipients that warns_of_delay(); they are tried until `until`.
Told delay_notices(const Message& message, std::span<const Recipient* const> delayed,
                   const BounceSettings& settings, std::int64_t until, std::int64_t now);

/// Whether the sender hears of a delivery: he asked for it, and is not nobody.
bool hears_of_success(const Envelope& envelope, const Notify& notify);
/// Of recipients that were delivered; only those whose sender asked for it are spoken of.
Told success_notices(const Message& message, std::span<const Recipient* const> delivered,
                     const BounceSettings& settings, std::int64_t now);

}  // namespace lbx::queue
