// SPDX-License-Identifier: MIT
#include "deliver/dsn.h"

#include "core/base/ascii.h"
#include "core/control/settings.h"
#include "core/wire/netstrings.h"
#include "core/wire/queue_client.h"

namespace lbx::deliver {
namespace {

using wire::ReturnContent;

constexpr std::size_t kDsnFields = 5;

/// One letter for each thing that was said.
std::string flags_of(const DsnRequest& request) {
  std::string flags;
  if (request.notify.said) flags += 'N';
  if (request.notify.success) flags += 'S';
  if (request.notify.failure) flags += 'F';
  if (request.notify.delay) flags += 'D';
  if (request.ret == ReturnContent::Full) flags += 'A';
  if (request.ret == ReturnContent::Headers) flags += 'H';
  if (request.utf8) flags += '8';
  return flags;
}

bool has(std::string_view flags, char flag) {
  return flags.find(flag) != std::string_view::npos;
}

ReturnContent return_of(std::string_view flags) {
  if (has(flags, 'A')) return ReturnContent::Full;
  return has(flags, 'H') ? ReturnContent::Headers : ReturnContent::Unsaid;
}

/// Without a sender, or with one of qmail's own, there is nobody to tell.
bool is_somebody(std::string_view sender) {
  return !sender.empty() && !sender.ends_with("@[]");
}

/// "rfc822;xtext", decoded. The report makes it harmless.
std::string decoded_recipient(const std::string& original) {
  const std::size_t end = original.find(';') + 1;
  const auto address = wire::decode_xtext(std::string_view{original}.substr(end));
  return end == 0 || !address ? "" : original.substr(0, end) + *address;
}

Result<DeliveryReport> success_report(const Settings& settings, const DsnRequest& request,
                                      const std::string& sender, ReportAction action,
                                      std::int64_t now) {
  DeliveryReport report;
  report.kind = ReportKind::Success;
  report.host = LBX_TRY(setting_of(settings, control::kBounceHost));
  report.reporting_mta = LBX_TRY(setting_of(settings, control::kMe));
  if (report.reporting_mta.empty()) report.reporting_mta = report.host;
  const std::string from = LBX_TRY(setting_of(settings, control::kBounceFrom));
  report.from = from + '@' + report.host;
  report.to = report.sender = sender;
  report.envelope_id = wire::decode_xtext(request.envelope_id).value_or("");
  report.arrival = request.arrival;
  report.date = now;
  const std::string_view dates = LBX_TRY(setting_of(settings, control::kDates));
  if (dates == "local") report.zone = zone_of(now);
  report.original_utf8 = request.utf8;
  report.return_original = false;  // RFC 3461 section 6.2: only failures return more
  report.recipients.push_back({.address = request.recipient,
                               .original_recipient = decoded_recipient(request.original_recipient),
                               .action = action,
                               .last_attempt = now});
  return report;
}

}  // namespace

std::string encode(const DsnRequest& request) {
  const bool asked =
      request.notify.said || request.ret != ReturnContent::Unsaid || !request.envelope_id.empty();
  if (!asked) return {};
  return wire::join_netstrings({request.recipient, flags_of(request), request.original_recipient,
                                request.envelope_id, std::to_string(request.arrival)});
}

Result<DsnRequest> decode_dsn_request(std::string_view text) {
  const std::vector<std::string> fields = LBX_TRY(wire::split_netstrings(text, kDsnFields));
  if (fields.size() != kDsnFields) return Error::later("a request for notices of another form");
  const auto arrival = ascii::parse_number(fields[4]);
  if (!arrival) return Error::later("no time");
  const std::string& flags = fields[1];
  DsnRequest request;
  request.recipient = fields[0];
  request.notify = {has(flags, 'N'), has(flags, 'S'), has(flags, 'F'), has(flags, 'D')};
  request.ret = return_of(flags);
  request.original_recipient = fields[2];
  request.envelope_id = fields[3];
  request.utf8 = has(flags, '8');
  request.arrival = static_cast<std::int64_t>(*arrival);
  return request;
}

Environment queue_variables(const DsnRequest& request) {
  Environment variables;
  if (request.notify.said) {
    std::string words;
    if (request.notify.failure) words = "FAILURE";
    if (request.notify.delay) words += words.empty() ? "DELAY" : ",DELAY";
    variables["DSN_NOTIFY"] = words.empty() ? "NEVER" : words;
  }
  if (request.ret == ReturnContent::Full) variables["DSN_RET"] = "FULL";
  if (request.ret == ReturnContent::Headers) variables["DSN_RET"] = "HDRS";
  const auto id = wire::decode_xtext(request.envelope_id);
  if (id && !id->empty()) variables["DSN_ENVID"] = id->c_str();
  return variables;
}

ReportAction action_of(const Counts& counts) {
  if (counts.files + counts.programs > 0 || counts.forwards == 0) return ReportAction::Delivered;
  return counts.forwards == 1 ? ReportAction::Relayed : ReportAction::Expanded;
}

Result<void> tell_of_success(System& system, const Settings& settings, const DsnRequest& request,
                             const std::string& sender, const Outcome& outcome, int message) {
  if (!outcome.report.done() || !request.notify.success || !is_somebody(sender)) return {};
  const DeliveryReport report = LBX_TRY(success_report(
      settings, request, sender, action_of(outcome.counts), system.clock.now().seconds));
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(system, system.environment));
  const Result<void> written = write_report(system.files, system.randomness, report, message,
                                            [&](std::string_view bytes) -> Result<void> {
                                              queue.write(bytes);
                                              return {};
                                            });
  if (!written) queue.abandon();
  const Result<pid_t> queued = std::move(queue).finish({"", {sender}});
  if (!written) return written.error();
  return queued ? Result<void>{} : queued.error();
}

}  // namespace lbx::deliver
