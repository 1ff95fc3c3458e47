// SPDX-License-Identifier: MIT
#include "core/message/delivery_status.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/message/address.h"
#include "core/message/report_text.h"

namespace lbx {
namespace {

struct ActionWords {
  ReportAction action;
  std::string_view word;
  std::string_view classes;  // that its status may have: RFC 3464 section 2.3.4
  std::string_view status;   // where the report names none
};

constexpr std::array kActions{
    ActionWords{ReportAction::Failed, "failed", "54", "5.0.0"},
    ActionWords{ReportAction::Delayed, "delayed", "4", "4.0.0"},
    ActionWords{ReportAction::Delivered, "delivered", "2", "2.0.0"},
    ActionWords{ReportAction::Relayed, "relayed", "2", "2.0.0"},
    ActionWords{ReportAction::Expanded, "expanded", "2", "2.0.0"},
};

const ActionWords& words_for(ReportAction action) {
  return *std::ranges::find(kActions, action, &ActionWords::action);
}

bool is_octet_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// One line: no control characters, and beyond ASCII only what may stand there.
std::string line_of(std::string_view value, FieldText text) {
  std::string out = ascii::replace(ascii::replace(without_controls(value), '\n', '_'), '\t', ' ');
  if (text == FieldText::Ascii || !utf8::is_valid(out)) {
    std::ranges::replace_if(out, is_octet_beyond_ascii, '?');
  }
  return out;
}

FieldText text_of(const DeliveryReport& report) {
  return has_global_status(report) ? FieldText::Utf8 : FieldText::Ascii;
}

std::string status_of(const ReportedRecipient& recipient) {
  const ActionWords& words = words_for(recipient.action);
  const std::optional<std::string> status = status_in(recipient.report);
  if (status && words.classes.find(status->front()) != std::string_view::npos) return *status;
  // RFC 3463 section 3.5: delivery time expired.
  if (recipient.report.find(kGivenUp) != std::string::npos) return "4.4.7";
  return std::string{words.status};
}

/// RFC 3464 section 2.1.2: a domain, or an address in brackets.
std::string mta_name(const std::string& host) {
  const bool address = host.find(':') != std::string::npos ||
                       host.find_first_not_of("0123456789.") == std::string::npos;
  if (!address || host.starts_with('[')) return "dns;" + host;
  return "dns;[" + std::string{host.find(':') != std::string::npos ? "IPv6:" : ""} + host + ']';
}

/// Lines of a reply are folded as they came.
std::string diagnostic_field(const RemoteReply& reply, FieldText text) {
  std::string out;
  for (const std::string& line : reply.lines) {
    out += out.empty() ? "Diagnostic-Code: smtp;" : " ";
    out.append(cut(line_of(line, text), kMaxFieldValue)) += '\n';
  }
  return out;
}

/// RFC 3464 section 2.3.2; RFC 6533 section 3 for what is not ASCII.
std::string typed_address(const std::string& address) {
  const std::string text = address_text(address);
  return (is_international(text) ? "utf-8;" : "rfc822;") + text;
}

}  // namespace

std::string header_field(std::string_view name, std::string_view value, FieldText text) {
  return (std::string{name} + ": ").append(cut(line_of(value, text), kMaxFieldValue)) + '\n';
}

std::string address_text(std::string_view address) {
  const std::string line = line_of(ascii::replace(address, '\t', '_'), FieldText::Utf8);
  const Result<Address> parsed = Address::parse(line);
  return parsed && !line.starts_with('"') ? line : quote_sender(line);
}

bool is_international(std::string_view text) {
  return std::ranges::any_of(text, is_octet_beyond_ascii) && utf8::is_valid(text);
}

bool has_global_status(const DeliveryReport& report) {
  return std::ranges::any_of(report.recipients, [](const ReportedRecipient& each) {
    return is_international(each.address) || is_international(each.original_recipient);
  });
}

std::string message_status(const DeliveryReport& report) {
  const FieldText text = text_of(report);
  std::string out;
  if (!report.envelope_id.empty()) {
    out += header_field("Original-Envelope-Id", report.envelope_id, text);
  }
  out += header_field("Reporting-MTA", "dns;" + report.reporting_mta, text);
  if (report.arrival > 0) {
    out += header_field("Arrival-Date", format_rfc822(report.arrival, report.zone), text);
  }
  return out;
}

std::string recipient_status(const DeliveryReport& report, const ReportedRecipient& recipient) {
  const FieldText text = text_of(report);
  std::string out;
  if (!recipient.original_recipient.empty()) {  // RFC 3464 section 2.3.1: only if it was given
    out += header_field("Original-Recipient", recipient.original_recipient, text);
  }
  out += header_field("Final-Recipient", typed_address(recipient.address), text);
  out += header_field("Action", words_for(recipient.action).word, text);
  out += header_field("Status", status_of(recipient), text);
  if (const std::optional<RemoteReply> reply = remote_reply(recipient.report)) {
    if (!reply->host.empty()) out += header_field("Remote-MTA", mta_name(reply->host), text);
    out += diagnostic_field(*reply, text);
  }
  if (recipient.last_attempt > 0) {
    out +=
        header_field("Last-Attempt-Date", format_rfc822(recipient.last_attempt, report.zone), text);
  }
  if (recipient.action == ReportAction::Delayed && recipient.retry_until > 0) {
    out +=
        header_field("Will-Retry-Until", format_rfc822(recipient.retry_until, report.zone), text);
  }
  return out;
}

}  // namespace lbx
