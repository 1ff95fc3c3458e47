// SPDX-License-Identifier: MIT
#include "core/wire/queue_door.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/ascii.h"
#include "core/wire/datagram.h"

namespace lbx::wire {
namespace {

constexpr char kPart = 'M';
constexpr char kLastPart = 'E';

/// Collects records, and begins another datagram where the next one has no room.
class Packer {
 public:
  void add(char letter, std::string_view text) {
    text = text.substr(0, text.find('\0'));
    if (parts_.back().size() + text.size() + 2 > kMaxDatagram) parts_.emplace_back(1, kPart);
    std::string& to = parts_.back();
    to += letter;
    to += text;
    to += '\0';
  }
  void add_unless_empty(char letter, std::string_view text) {
    if (!text.empty()) add(letter, text);
  }
  std::vector<std::string> finish() && {
    parts_.back().front() = kLastPart;
    return std::move(parts_);
  }

 private:
  std::vector<std::string> parts_{std::string(1, kPart)};
};

Error another_language() {
  return Error::never("an envelope of another form");
}

/// The address of a socket, also where its path is longer than the kernel takes: then the
/// directory, which has to stay open until the call, is named by its descriptor. Needs /proc.
Result<sockaddr_un> socket_address(const std::string& path, UniqueFd& directory) {
  std::string name = path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() >= sizeof address.sun_path) {
    const std::size_t slash = path.rfind('/') + 1;
    directory.reset(::open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return Error::from_errno(errno, "open " + path.substr(0, slash));
    name = "/proc/self/fd/" + std::to_string(directory.get()) + '/' + path.substr(slash);
  }
  if (name.size() >= sizeof address.sun_path) return Error::later("too long for a socket: " + path);
  std::memcpy(address.sun_path, name.data(), name.size());
  return address;
}

/// What the queue answers to a submission.
Result<std::int64_t> number_of(std::string_view answer) {
  const std::string_view text = answer.substr(answer.empty() ? 0 : 1);
  if (answer.starts_with('Z')) return Error::later(std::string{text});
  if (answer.starts_with('D')) return Error::never(std::string{text});
  const auto number = ascii::parse_number(text);
  if (!answer.starts_with('K') || !number) {
    return Error::from_errno(EPROTO, "the queue's answer");
  }
  return static_cast<std::int64_t>(*number);
}

}  // namespace

std::vector<std::string> encode(const DoorEnvelope& envelope) {
  Packer out;
  out.add('F', envelope.sender);
  out.add_unless_empty('V', envelope.envelope_id);
  out.add_unless_empty('R', envelope.extent);
  if (envelope.utf8) out.add('U', "");
  for (const DoorRecipient& each : envelope.recipients) {
    out.add('T', each.address);
    out.add_unless_empty('N', each.notify);
    out.add_unless_empty('O', each.original);
  }
  return std::move(out).finish();
}

Result<bool> EnvelopeReader::feed(std::string_view datagram) {
  const bool last = datagram.starts_with(kLastPart);
  if (!last && !datagram.starts_with(kPart)) return another_language();
  size_ += datagram.size();
  datagram.remove_prefix(1);
  while (!datagram.empty()) {
    const std::size_t end = datagram.find('\0');
    if (end == 0 || end == datagram.npos) return another_language();
    LBX_TRY(record(datagram.front(), datagram.substr(1, end - 1)));
    datagram.remove_prefix(end + 1);
  }
  if (size_ > limit_) return Error::never("an envelope that is too large");
  if (last && last_ == '\0') return another_language();
  return last;
}

Result<void> EnvelopeReader::record(char letter, std::string_view text) {
  const bool address = letter == 'F' || letter == 'T';
  if (text.size() > (address ? kMaxDoorAddress : kMaxDoorText)) {
    return Error::never("an address that is too long");
  }
  if (last_ == '\0' ? letter != 'F' : letter == 'F') return another_language();
  if (letter == 'T') {
    size_ += sizeof(DoorRecipient);
    if (size_ > limit_) return Error::never("an envelope that is too large");
    envelope_.recipients.push_back({std::string{text}});
  } else if (letter == 'N' || letter == 'O') {
    LBX_TRY(of_recipient(letter, text));
  } else {
    LBX_TRY(of_message(letter, text));
  }
  last_ = letter;
  return {};
}

Result<void> EnvelopeReader::of_message(char letter, std::string_view text) {
  if (!envelope_.recipients.empty()) return another_language();
  if (letter == 'F') {
    envelope_.sender = text;
  } else if (letter == 'V' && last_ == 'F' && !text.empty()) {
    envelope_.envelope_id = text;
  } else if (letter == 'R' && (last_ == 'F' || last_ == 'V') &&
             (text == "FULL" || text == "HDRS")) {
    envelope_.extent = text;
  } else if (letter == 'U' && last_ != 'U' && text.empty()) {
    envelope_.utf8 = true;
  } else {
    return another_language();
  }
  return {};
}

Result<void> EnvelopeReader::of_recipient(char letter, std::string_view text) {
  const bool first = last_ == 'T' || (letter == 'O' && last_ == 'N');
  if (envelope_.recipients.empty() || !first || text.empty()) return another_language();
  (letter == 'N' ? envelope_.recipients.back().notify : envelope_.recipients.back().original) =
      text;
  return {};
}

DoorEnvelope EnvelopeReader::take() {
  size_ = 0;
  last_ = '\0';
  return std::exchange(envelope_, {});
}

Result<QueueDoor> QueueDoor::connect(const std::string& path) {
  UniqueFd directory;
  const sockaddr_un address = LBX_TRY(socket_address(path, directory));
  UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  if (!socket) return Error::from_errno(errno, "socket");
  while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),  // NOLINT: its way
                   sizeof address) != 0) {
    if (errno != EINTR) return Error::from_errno(errno, "connect " + path);
  }
  return QueueDoor{std::move(socket)};
}

Result<QueueDoor::SpoolFile> QueueDoor::spool_file() {
  LBX_TRY(send_datagram(socket_.get(), "G", -1, Wait::Yes));
  Datagram answer = LBX_TRY(receive_datagram(socket_.get(), Wait::Yes));
  const std::string_view text{answer.bytes};
  if (text.starts_with('G') && answer.descriptor && text.size() <= kMaxDoorHead + 1) {
    return SpoolFile{std::move(answer.descriptor), std::string{text.substr(1)}};
  }
  const Result<std::int64_t> refused = number_of(text);
  if (!refused) return refused.error();
  return Error::from_errno(EPROTO, "the queue's answer");
}

Result<void> QueueDoor::send_all(const DoorEnvelope& envelope, UniqueFd message) {
  for (const std::string& each : encode(envelope)) {
    LBX_TRY(send_datagram(socket_.get(), each, message.get(), Wait::Yes));
    message.reset();  // from here on the queue has the only descriptor
  }
  return {};
}

Result<std::int64_t> QueueDoor::submit(const DoorEnvelope& envelope, UniqueFd message) {
  const Result<void> sent = send_all(envelope, std::move(message));
  if (!sent && sent.error().os_error != EPIPE) return sent.error();
  // It may have refused the envelope before its end, and have said why.
  const Result<Datagram> answer = receive_datagram(socket_.get(), Wait::Yes);
  if (answer && !answer->bytes.empty()) return number_of(answer->bytes);
  if (!sent) return sent.error();
  if (!answer) return answer.error();
  return Error::from_errno(ECONNRESET, "the queue");
}

Result<std::uint64_t> QueueDoor::change(std::string_view change, std::string_view text,
                                        std::span<const std::int64_t> recipients) {
  std::uint64_t changed = 0;
  for (const std::string& each : encode_change(change, text, recipients)) {
    LBX_TRY(send_datagram(socket_.get(), each, -1, Wait::Yes));
    const Datagram answer = LBX_TRY(receive_datagram(socket_.get(), Wait::Yes));
    changed += static_cast<std::uint64_t>(LBX_TRY(number_of(answer.bytes)));
  }
  return changed;
}

Result<std::vector<Counter>> QueueDoor::counters() {
  LBX_TRY(send_datagram(socket_.get(), "S", -1, Wait::Yes));
  const Datagram answer = LBX_TRY(receive_datagram(socket_.get(), Wait::Yes));
  if (answer.bytes.starts_with('S')) return read_counters(answer.bytes);
  const Result<std::int64_t> refused = number_of(answer.bytes);
  if (!refused) return refused.error();
  return Error::from_errno(EPROTO, "the queue's answer");
}

}  // namespace lbx::wire
