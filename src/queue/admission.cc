// SPDX-License-Identifier: MIT
#include "queue/admission.h"

#include <utility>

#include "core/base/ascii.h"

namespace lbx::queue {
namespace {

/// RFC 3461 section 4.1.
Notify notify_of(std::string_view words) {
  Notify notify;
  for (const std::string_view each : ascii::split(words, ',')) {
    if (ascii::equal_fold(each, "NEVER")) notify.never = true;
    if (ascii::equal_fold(each, "SUCCESS")) notify.success = true;
    if (ascii::equal_fold(each, "FAILURE")) notify.failure = true;
    if (ascii::equal_fold(each, "DELAY")) notify.delay = true;
  }
  return notify;
}

Return extent_of(std::string_view word) {
  if (word == "FULL") return Return::Full;
  return word == "HDRS" ? Return::Headers : Return::Default;
}

}  // namespace

NewMessage admit(const Routes& routes, wire::DoorEnvelope envelope, uid_t uid, pid_t pid,
                 std::int64_t now) {
  NewMessage message;
  message.envelope.sender = std::move(envelope.sender);
  message.envelope.extent = extent_of(envelope.extent);
  message.envelope.envelope_id = std::move(envelope.envelope_id);
  message.envelope.utf8 = envelope.utf8;
  message.envelope.uid = uid;
  message.envelope.pid = pid;
  message.envelope.born = now;
  message.recipients.reserve(envelope.recipients.size());
  for (wire::DoorRecipient& each : envelope.recipients) {
    NewRecipient recipient;
    recipient.address = std::move(each.address);
    recipient.notify = notify_of(each.notify);
    recipient.original_recipient = std::move(each.original);
    message.recipients.push_back(classify(routes, std::move(recipient)));
  }
  return message;
}

}  // namespace lbx::queue
