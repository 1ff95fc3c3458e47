// SPDX-License-Identifier: MIT
#include "inject/queue_intake.h"

#include <algorithm>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/base/utf8.h"
#include "core/message/spool.h"
#include "inject/notification.h"

namespace lbx::inject {
namespace {

constexpr std::string_view kCannotSay = "Zthe queue has not answered (#4.3.2)";

std::string upper(std::string text) {
  for (char& each : text) {
    if (ascii::is_alpha(each)) each = static_cast<char>(each & ~0x20);
  }
  return text;
}

bool needs_utf8(std::string_view address) {
  return std::ranges::any_of(address,
                             [](char each) { return static_cast<signed char>(each) < 0; }) &&
         utf8::is_valid(address);
}

}  // namespace

QueueEnvelopeReader::State QueueEnvelopeReader::feed(std::string_view bytes) {
  for (const char each : bytes) {
    if (state_ != State::Open) break;
    state_ = octet(each);
  }
  return state_;
}

QueueEnvelopeReader::State QueueEnvelopeReader::octet(char octet) {
  if (room_ == 0) return State::TooLarge;
  --room_;
  if (letter_ == '\0') {
    if (begun_ && octet == '\0') return State::Whole;
    if (octet != (begun_ ? 'T' : 'F')) return State::Malformed;
    letter_ = octet;
    begun_ = true;
    return State::Open;
  }
  if (octet == '\0') return end_of_address();
  if (address_.size() == wire::kMaxDoorAddress) return State::AddressTooLong;
  address_ += octet;
  return State::Open;
}

QueueEnvelopeReader::State QueueEnvelopeReader::end_of_address() {
  if (letter_ == 'F') {
    envelope_.sender = std::exchange(address_, {});
  } else {
    if (room_ < sizeof(wire::DoorRecipient)) return State::TooLarge;
    room_ -= sizeof(wire::DoorRecipient);
    envelope_.recipients.push_back({std::exchange(address_, {})});
  }
  letter_ = '\0';
  return State::Open;
}

void add_parameters(wire::DoorEnvelope& envelope, const Environment& environment) {
  const std::string notify = lookup(environment, "DSN_NOTIFY").value_or("");
  const std::string extent = lookup(environment, "DSN_RET").value_or("");
  const std::string id = lookup(environment, "DSN_ENVID").value_or("");
  if (is_return(extent)) envelope.extent = upper(extent);
  if (is_envelope_id(id)) envelope.envelope_id = id;
  const bool asked = is_notify(notify);
  envelope.utf8 = needs_utf8(envelope.sender);
  for (wire::DoorRecipient& each : envelope.recipients) {
    if (asked) each.notify = upper(notify);
    envelope.utf8 = envelope.utf8 || needs_utf8(each.address);
  }
}

QueueStatus QueueIntake::run(int message, int envelope) {
  for (const auto& step : {std::function{[&] { return read_message(message); }},
                           std::function{[&] { return read_envelope(envelope); }}}) {
    const QueueStatus status = step();
    if (status != QueueStatus::Queued) return status;
  }
  return submit();
}

QueueStatus QueueIntake::read_message(int from) {
  IoBuffer chunk;
  for (;;) {
    const Result<std::size_t> got = system_.files.read(from, chunk.data(), chunk.size());
    if (!got) return QueueStatus::ReadError;
    if (*got == 0) return QueueStatus::Queued;
    if (file_) {
      if (!write_all(system_.files, file_.get(), chunk.first(*got))) {
        return QueueStatus::WriteError;
      }
      continue;
    }
    memory_ += chunk.first(*got);
    if (memory_.size() <= wire::kMaxDoorMemory) continue;
    const QueueStatus status = to_file();
    if (status != QueueStatus::Queued) return status;
  }
}

/// Goes on in a file of the queue's own, on its disk: nobody has to copy it again.
QueueStatus QueueIntake::to_file() {
  const QueueStatus found = find_entrance();
  if (found != QueueStatus::Queued) return found;
  Result<wire::QueueDoor::SpoolFile> spool = entrance_.spool_file();
  if (!spool) return failure(spool.error(), QueueStatus::NoFile);
  file_ = std::move(spool->fd);
  const bool written = write_all(system_.files, file_.get(), memory_).has_value();
  memory_ = {};
  return written ? QueueStatus::Queued : QueueStatus::WriteError;
}

QueueStatus QueueIntake::read_envelope(int from) {
  using State = QueueEnvelopeReader::State;
  QueueEnvelopeReader reader;
  IoBuffer chunk;
  State state = State::Open;
  while (state == State::Open) {
    const Result<std::size_t> got = system_.files.read(from, chunk.data(), chunk.size());
    if (!got || *got == 0) return QueueStatus::ReadError;
    state = reader.feed(chunk.first(*got));
  }
  if (state == State::AddressTooLong) return QueueStatus::AddressTooLong;
  if (state == State::Malformed) return QueueStatus::NoEnvelope;
  if (state == State::TooLarge) return QueueStatus::Refused;
  envelope_ = reader.take();
  add_parameters(envelope_, system_.environment);
  return QueueStatus::Queued;
}

QueueStatus QueueIntake::submit() {
  const QueueStatus found = find_entrance();
  if (found != QueueStatus::Queued) return found;
  if (file_) {
    if (!system_.files.sync(file_.get())) return QueueStatus::WriteError;
  } else {
    Result<UniqueFd> sealed = sealed_memory(system_.files, memory_);
    if (!sealed) return QueueStatus::WriteError;
    file_ = std::move(sealed).value();
  }
  const Result<std::int64_t> number = entrance_.submit(envelope_, std::move(file_));
  if (number) return QueueStatus::Queued;
  return failure(number.error(), QueueStatus::Disconnected);
}

QueueStatus QueueIntake::find_entrance() {
  if (entrance_.submit) return QueueStatus::Queued;
  Result<QueueEntrance> found = find_();
  if (!found) return failure(found.error(), QueueStatus::NoQueue);
  entrance_ = std::move(found).value();
  return QueueStatus::Queued;
}

/// What the queue itself says (os_error is 0 then) is for the sender; what the kernel says of the
/// way there has a status.
QueueStatus QueueIntake::failure(const Error& error, QueueStatus status) {
  if (error.os_error != 0) {
    text_ = kCannotSay;
    return status;
  }
  const bool never = error.retry == Retry::Never;
  text_ = (never ? 'D' : 'Z') + error.what;
  return never ? QueueStatus::Refused : QueueStatus::Later;
}

}  // namespace lbx::inject
