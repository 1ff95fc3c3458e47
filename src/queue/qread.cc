// SPDX-License-Identifier: MIT
#include "queue/qread.h"

#include <algorithm>
#include <string_view>

#include "core/base/ascii.h"
#include "core/message/date.h"

namespace lbx::queue {
namespace {

/// What is not printable becomes '_', blanks too: a field stays a field.
std::string safe(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return !ascii::is_graph(c); }, '_');
  return text;
}

/// "D Mon YYYY HH:MM:SS GMT".
std::string gmt(std::int64_t seconds) {
  std::string date = format_rfc822(seconds);
  return date.substr(0, date.rfind(' ')) + " GMT";
}

std::string line_of(const Recipient& recipient) {
  std::string out =
      recipient.state == State::Waiting || recipient.state == State::Held ? "" : "  done";
  out += recipient.as.channel == Channel::Local ? "\tlocal\t" : "\tremote\t";
  return out + safe(recipient.as.address) + '\n';
}

}  // namespace

std::string qread_text(const Message& message) {
  const Envelope& envelope = message.envelope;
  const bool bouncing = std::ranges::any_of(
      message.recipients, [](const Recipient& each) { return each.state == State::Failed; });
  std::string out = gmt(envelope.born) + "  #" + std::to_string(message.id) + "  " +
                    std::to_string(envelope.size) + "  <" + safe(envelope.sender) + "> " +
                    (bouncing ? " bouncing\n" : "\n");
  for (const Channel channel : {Channel::Local, Channel::Remote}) {
    for (const Recipient& each : message.recipients) {
      if (each.as.channel == channel) out += line_of(each);
    }
  }
  return out;
}

std::string qstat_text(const Totals& totals) {
  return "messages in queue: " + std::to_string(totals.messages) +
         "\nmessages in queue but not yet preprocessed: 0\n";
}

}  // namespace lbx::queue
