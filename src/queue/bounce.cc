// SPDX-License-Identifier: MIT
#include "queue/bounce.h"

#include <algorithm>
#include <utility>

#include "core/control/settings.h"
#include "core/message/report_text.h"

namespace lbx::queue {
namespace {

constexpr std::string_view kDoubleBounceSender = "#@[]";
constexpr std::string_view kVerp = "-@[]";
constexpr std::string_view kLoopStatus = "5.4.6";  // RFC 3463 section 3.5: routing loop detected

using Recipients = std::vector<const Recipient*>;

bool was_given(const Notify& notify) {
  return notify.never || notify.success || notify.failure || notify.delay;
}

/// RFC 3461 section 5.2.2 and following: without NOTIFY, failures are reported.
bool wants_failure(const Notify& notify) {
  return notify.failure || !was_given(notify);
}

/// The address that hears of a message: VERP is a matter of deliveries (CONTRACT 1.8).
std::string sender_of(const Envelope& envelope) {
  std::string_view sender = envelope.sender;
  if (sender.ends_with(kVerp)) sender.remove_suffix(kVerp.size());
  return std::string{sender};
}

bool is_double_bounce(const Envelope& envelope) {
  return envelope.sender == kDoubleBounceSender;
}

/// There is nobody who could hear of anything.
bool is_nobody(const Envelope& envelope) {
  return is_double_bounce(envelope) || sender_of(envelope).empty();
}

/// A local delivery found its own Delivered-To line, or a remote host counted too many hops. That a
/// host is its own mail exchanger has the same status, and is no loop yet.
bool came_round_again(const Recipient& recipient) {
  if (recipient.as.channel == Channel::Remote && !remote_reply(recipient.report)) return false;
  return status_in(recipient.report) == kLoopStatus;
}

/// The sender knows nothing of what a virtual domain puts in front.
const std::string& known_address(const Recipient& recipient) {
  return recipient.as.original.empty() ? recipient.as.address : recipient.as.original;
}

ReportAction action_of(ReportKind kind, const Recipient& recipient) {
  if (kind == ReportKind::Delay) return ReportAction::Delayed;
  if (kind != ReportKind::Success) return ReportAction::Failed;
  // RFC 3461 section 5.2.1: what goes on to others will not be heard of.
  return recipient.as.channel == Channel::Remote ? ReportAction::Relayed : ReportAction::Delivered;
}

bool returns_all(const Message& message, const BounceSettings& settings, ReportKind kind) {
  // RFC 3461 section 6.2: only failures return more than the header. A copy is for the eyes of
  // somebody to whom the message was not addressed.
  const bool failure = kind == ReportKind::Failure || kind == ReportKind::DoubleBounce;
  const bool fits = settings.max_bytes == 0 || message.envelope.size <= settings.max_bytes;
  return failure && fits && message.envelope.extent != Return::Headers;
}

/// Programs that read the old form know of failures only.
ReportForm form_of(ReportKind kind, const BounceSettings& settings) {
  const bool failure = kind != ReportKind::Delay && kind != ReportKind::Success;
  return failure ? settings.form : ReportForm::Multipart;
}

/// One message about one message, as far as it is the same for all kinds of it.
class NoticeMaker {
 public:
  NoticeMaker(const Message& message, const BounceSettings& settings, std::int64_t now)
      : message_{message}, settings_{settings}, now_{now} {}

  /// Notices of `kind` about all of `recipients`, from `sender` to `to`.
  void make(ReportKind kind, std::string_view sender, const std::string& to,
            const Recipients& recipients, std::int64_t retry_until = 0) {
    std::span<const Recipient* const> rest{recipients};
    while (!rest.empty()) {
      const std::size_t count = std::min(rest.size(), kMaxReported);
      Notice notice = begun(kind, sender, to);
      for (const Recipient* each : rest.first(count)) {
        notice.report.recipients.push_back({.address = known_address(*each),
                                            .original_recipient = each->as.original_recipient,
                                            .action = action_of(kind, *each),
                                            .report = each->report,
                                            .last_attempt = each->tried,
                                            .retry_until = retry_until});
      }
      told_.notices.push_back(std::move(notice));
      rest = rest.subspan(count);
    }
  }

  Told take() && { return std::move(told_); }

 private:
  Notice begun(ReportKind kind, std::string_view sender, const std::string& to) const {
    Notice notice;
    notice.envelope.sender = sender;
    notice.envelope.born = now_;
    notice.recipient.address = to;
    notice.report.form = form_of(kind, settings_);
    notice.report.kind = kind;
    notice.report.host = settings_.host;
    notice.report.reporting_mta = settings_.me;
    notice.report.from = settings_.from;
    notice.report.to = to;
    notice.report.sender = sender_of(message_.envelope);
    notice.report.envelope_id = message_.envelope.envelope_id;
    notice.report.arrival = message_.envelope.born;
    notice.report.date = now_;
    if (settings_.local_dates) notice.report.zone = zone_of(now_);
    notice.report.original_utf8 = message_.envelope.utf8;
    notice.report.return_original = returns_all(message_, settings_, kind);
    notice.envelope.utf8 = needs_utf8(notice.report);
    return notice;
  }

  const Message& message_;
  const BounceSettings& settings_;
  std::int64_t now_;
  Told told_;
};

template <typename Wanted>
Recipients chosen(std::span<const Recipient* const> recipients, Wanted wanted) {
  Recipients out;
  std::ranges::copy_if(recipients, std::back_inserter(out),
                       [&](const Recipient* each) { return wanted(*each); });
  return out;
}

Told nobody(const std::string& log) {
  return {{}, log};
}

/// CONTRACT 4.1, doublebounce-trim.
Told without_administrator(const Message& message) {
  return nobody("double bounce: discarding bounce/" + std::to_string(message.id));
}

/// A bounce that failed, CONTRACT 1.8. Its NOTIFY is not asked: that is about its sender.
Told double_bounce(const Message& message, std::span<const Recipient* const> failed,
                   const BounceSettings& settings, std::int64_t now) {
  if (settings.double_to.empty()) return without_administrator(message);
  NoticeMaker maker{message, settings, now};
  maker.make(ReportKind::DoubleBounce, kDoubleBounceSender, settings.double_to,
             {failed.begin(), failed.end()});
  return std::move(maker).take();
}

std::string address_at(const std::string& box, const std::string& host) {
  return box.empty() ? std::string{} : box + '@' + host;
}

}  // namespace

Result<BounceSettings> read_bounce_settings(const control::ControlDirectory& control,
                                            ReportForm fallback) {
  BounceSettings out;
  const std::string_view form = LBX_TRY(control.get(control::kBounceFormat));
  const bool form_is_set = LBX_TRY(control.exists(control::kBounceFormat.file));
  out.form = form == "qsbmf" ? ReportForm::Qsbmf : ReportForm::Multipart;
  if (!form_is_set) out.form = fallback;
  out.host = LBX_TRY(control.get(control::kBounceHost));
  out.me = LBX_TRY(control.get(control::kMe));
  if (out.me.empty()) out.me = out.host;
  const std::string from = LBX_TRY(control.get(control::kBounceFrom));
  out.from = from + '@' + out.host;
  const std::string double_to = LBX_TRY(control.get(control::kDoubleBounceTo));
  const std::string double_host = LBX_TRY(control.get(control::kDoubleBounceHost));
  out.double_to = address_at(double_to, double_host);
  out.copy_to = LBX_TRY(control.get(control::kBounceCopyTo));
  out.max_bytes = LBX_TRY(control.get(control::kBounceMaxBytes));
  const std::uint64_t delay = LBX_TRY(control.get(control::kDelayWarning));
  out.delay_warning = static_cast<std::int64_t>(delay);
  const std::string_view dates = LBX_TRY(control.get(control::kDates));
  out.local_dates = dates == "local";
  return out;
}

Told failure_notices(const Message& message, std::span<const Recipient* const> failed,
                     const BounceSettings& settings, const IsOurs& is_ours, std::int64_t now) {
  if (is_double_bounce(message.envelope)) {
    return nobody("triple bounce: discarding bounce/" + std::to_string(message.id));
  }
  const std::string sender = sender_of(message.envelope);
  if (sender.empty()) return double_bounce(message, failed, settings, now);

  const bool ours = is_ours && is_ours(sender);
  const auto to_sender = [ours](const Recipient& each) {
    return wants_failure(each.as.notify) && (ours || !came_round_again(each));
  };
  const auto to_us = [ours](const Recipient& each) {
    return wants_failure(each.as.notify) && !ours && came_round_again(each);
  };
  NoticeMaker maker{message, settings, now};
  const Recipients told = chosen(failed, to_sender);
  const Recipients looping = chosen(failed, to_us);
  maker.make(ReportKind::Failure, "", sender, told);
  if (!settings.copy_to.empty()) {
    maker.make(ReportKind::Copy, kDoubleBounceSender, settings.copy_to, told);
  }
  if (!settings.double_to.empty()) {
    maker.make(ReportKind::Looping, kDoubleBounceSender, settings.double_to, looping);
  } else if (!looping.empty() && told.empty()) {
    return without_administrator(message);
  }
  return std::move(maker).take();
}

bool hears_of_delay(const Envelope& envelope, const Notify& notify,
                    const BounceSettings& settings) {
  if (settings.delay_warning == 0 || is_nobody(envelope)) return false;
  if (was_given(notify)) return notify.delay && !notify.never;
  // A list counts whatever comes back to such a sender as a bounce, and so do programs that read
  // the old form.
  return !envelope.sender.ends_with(kVerp) && settings.form == ReportForm::Multipart;
}

bool warns_of_delay(const Message& message, const Recipient& recipient,
                    const BounceSettings& settings, std::int64_t now) {
  return recipient.state == State::Waiting && recipient.attempts > 0 && !recipient.told_of_delay &&
         now - message.envelope.born >= settings.delay_warning &&
         hears_of_delay(message.envelope, recipient.as.notify, settings);
}

Told delay_notices(const Message& message, std::span<const Recipient* const> delayed,
                   const BounceSettings& settings, std::int64_t until, std::int64_t now) {
  NoticeMaker maker{message, settings, now};
  maker.make(
      ReportKind::Delay, "", sender_of(message.envelope),
      chosen(delayed,
             [&](const Recipient& each) { return warns_of_delay(message, each, settings, now); }),
      until);
  return std::move(maker).take();
}

bool hears_of_success(const Envelope& envelope, const Notify& notify) {
  return notify.success && !notify.never && !is_nobody(envelope);
}

Told success_notices(const Message& message, std::span<const Recipient* const> delivered,
                     const BounceSettings& settings, std::int64_t now) {
  NoticeMaker maker{message, settings, now};
  maker.make(ReportKind::Success, "", sender_of(message.envelope),
             chosen(delivered, [&](const Recipient& each) {
               return hears_of_success(message.envelope, each.as.notify);
             }));
  return std::move(maker).take();
}

}  // namespace lbx::queue
