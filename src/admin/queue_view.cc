// SPDX-License-Identifier: MIT
#include "admin/queue_view.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "admin/site.h"
#include "core/message/date.h"

namespace lbx::admin {
namespace {

using Json = nlohmann::ordered_json;
using queue::Channel;
using queue::State;

/// Of a report, on a line of a list.
constexpr std::size_t kMaxReportShown = 300;

std::string date_text(std::int64_t seconds) {
  return format_rfc822(seconds, zone_of(seconds));
}

std::string ago(std::int64_t then, std::int64_t now) {
  return span_text(now - then) + " ago";
}

/// The lines of a report as one.
std::string report_line(std::string_view report) {
  std::string line{report};
  while (line.ends_with('\n')) line.pop_back();
  for (std::size_t end = 0; (end = line.find('\n', end)) != std::string::npos; end += 3) {
    line.replace(end, 1, " / ");
  }
  line = shown(line);
  if (line.size() <= kMaxReportShown) return line;
  std::size_t end = kMaxReportShown;
  while ((static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80) --end;  // a character stays whole
  return line.substr(0, end) + "...";
}

std::string attempts_text(const queue::Recipient& recipient, std::int64_t now) {
  if (recipient.attempts == 0) return "not yet tried";
  return (recipient.attempts == 1 ? "tried once"
                                  : "tried " + std::to_string(recipient.attempts) + " times") +
         (recipient.tried == 0 ? "" : ", last " + ago(recipient.tried, now));
}

std::string standing_text(const queue::Recipient& recipient, std::int64_t now) {
  switch (recipient.state) {
    case State::Waiting:
      return attempts_text(recipient, now) +
             (recipient.due <= now ? ", due now" : ", due in " + span_text(recipient.due - now));
    case State::Held:
      return attempts_text(recipient, now);
    case State::Failed:
    case State::Arrived:
      return attempts_text(recipient, now) + ", to be reported";
    case State::Done:
      return attempts_text(recipient, now);
  }
  return {};
}

std::string recipient_text(const queue::Recipient& recipient, std::int64_t now) {
  std::string out = "    " + std::string{word_of(recipient.as.channel)} + ' ' +
                    std::string{word_of(recipient.state)} + ' ' + shown(recipient.as.address);
  if (!recipient.as.original.empty()) out += " (sent to " + shown(recipient.as.original) + ')';
  out += ": " + standing_text(recipient, now) + '\n';
  if (!recipient.report.empty()) out += "        " + report_line(recipient.report) + '\n';
  return out;
}

std::string notify_text(const queue::Notify& notify) {
  if (notify.never) return "NEVER";
  std::string out;
  const auto add = [&out](bool wanted, const char* word) {
    if (wanted) (out += out.empty() ? "" : ",") += word;
  };
  add(notify.success, "SUCCESS");
  add(notify.failure, "FAILURE");
  add(notify.delay, "DELAY");
  return out;
}

std::string return_text(queue::Return extent) {
  switch (extent) {
    case queue::Return::Full:
      return "FULL";
    case queue::Return::Headers:
      return "HDRS";
    case queue::Return::Default:
      return "";
  }
  return "";
}

std::string body_text(const queue::Body& body) {
  const auto* const file = std::get_if<queue::SpoolBody>(&body);
  return file == nullptr ? "in the database" : "in spool/" + shown(file->name);
}

Json recipient_json(const queue::Recipient& recipient) {
  Json out{{"id", recipient.id},
           {"address", recipient.as.address},
           {"channel", word_of(recipient.as.channel)},
           {"destination", recipient.as.destination},
           {"state", word_of(recipient.state)},
           {"attempts", recipient.attempts}};
  if (!recipient.as.original.empty()) out["original"] = recipient.as.original;
  if (recipient.tried != 0) out["tried"] = recipient.tried;
  if (recipient.state == State::Waiting) out["due"] = recipient.due;
  if (!recipient.report.empty()) out["report"] = recipient.report;
  const std::string notify = notify_text(recipient.as.notify);
  if (!notify.empty()) out["notify"] = notify;
  if (!recipient.as.original_recipient.empty()) {
    out["original_recipient"] = recipient.as.original_recipient;
  }
  if (recipient.told_of_delay) out["told_of_delay"] = true;
  return out;
}

std::size_t done_in(const queue::Message& message) {
  return static_cast<std::size_t>(
      std::ranges::count(message.recipients, State::Done, &queue::Recipient::state));
}

}  // namespace

std::string span_text(std::int64_t seconds) {
  constexpr std::array kSpanUnits{
      std::pair{'d', std::int64_t{86'400}}, std::pair{'h', std::int64_t{3600}},
      std::pair{'m', std::int64_t{60}}, std::pair{'s', std::int64_t{1}}};
  seconds = std::max<std::int64_t>(seconds, 0);  // the clock may have been put back
  std::string out;
  for (std::size_t i = 0; i < kSpanUnits.size(); ++i) {
    if (seconds < kSpanUnits[i].second) continue;
    out = std::to_string(seconds / kSpanUnits[i].second) + kSpanUnits[i].first;
    if (i + 1 == kSpanUnits.size()) return out;
    const std::int64_t rest = seconds % kSpanUnits[i].second / kSpanUnits[i + 1].second;
    return rest == 0 ? out : out + std::to_string(rest) + kSpanUnits[i + 1].first;
  }
  return "0s";
}

std::string list_text(const queue::Message& message, const QueueSelection& selection,
                      std::int64_t now) {
  const queue::Envelope& envelope = message.envelope;
  std::string out = '#' + std::to_string(message.id) + ' ' + span_text(now - envelope.born) + ' ' +
                    std::to_string(envelope.size) + " octets from <" + shown(envelope.sender) + '>';
  const std::size_t done = done_in(message);
  if (done > 0) {
    out +=
        ", " + std::to_string(done) + " of " + std::to_string(message.recipients.size()) + " done";
  }
  out += '\n';
  for (const queue::Recipient& each : message.recipients) {
    if (chooses(selection, each)) out += recipient_text(each, now);
  }
  return out;
}

std::string show_text(const queue::Message& message, std::int64_t now) {
  const queue::Envelope& envelope = message.envelope;
  std::string out = "message   " + std::to_string(message.id) + "\nsender    <" +
                    shown(envelope.sender) + ">\naccepted  " + date_text(envelope.born) + ", " +
                    ago(envelope.born, now) + "\nfrom      uid " + std::to_string(envelope.uid) +
                    ", process " + std::to_string(envelope.pid) + "\nsize      " +
                    std::to_string(envelope.size) + " octets, " + body_text(message.body) + '\n';
  if (envelope.utf8) out += "needs     SMTPUTF8\n";
  if (!envelope.envelope_id.empty()) out += "envid     " + shown(envelope.envelope_id) + '\n';
  if (!return_text(envelope.extent).empty()) {
    out += "return    " + return_text(envelope.extent) + '\n';
  }
  out += "recipients\n";
  for (const queue::Recipient& each : message.recipients) {
    out += recipient_text(each, now);
    const std::string notify = notify_text(each.as.notify);
    if (!notify.empty()) out += "        notify " + notify + '\n';
    if (!each.as.original_recipient.empty()) {
      out += "        original recipient " + shown(each.as.original_recipient) + '\n';
    }
    if (each.told_of_delay) out += "        the sender was told of the delay\n";
  }
  return out;
}

std::string message_json(const queue::Message& message, const QueueSelection& selection,
                         std::int64_t now) {
  const queue::Envelope& envelope = message.envelope;
  Json recipients = Json::array();
  for (const queue::Recipient& each : message.recipients) {
    if (chooses(selection, each)) recipients.push_back(recipient_json(each));
  }
  Json out{{"message", message.id},     {"sender", envelope.sender},
           {"accepted", envelope.born}, {"age", std::max<std::int64_t>(now - envelope.born, 0)},
           {"size", envelope.size},     {"uid", envelope.uid},
           {"pid", envelope.pid}};
  if (envelope.utf8) out["smtputf8"] = true;
  if (!envelope.envelope_id.empty()) out["envelope_id"] = envelope.envelope_id;
  if (!return_text(envelope.extent).empty()) out["return"] = return_text(envelope.extent);
  const auto* const file = std::get_if<queue::SpoolBody>(&message.body);
  if (file != nullptr) out["spool_file"] = file->name;
  out["done"] = done_in(message);
  out["recipients"] = std::move(recipients);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace lbx::admin
