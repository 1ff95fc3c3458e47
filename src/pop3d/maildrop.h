// SPDX-License-Identifier: MIT
// A maildrop as one session sees it (RFC 1939 section 4): a list of messages that stays as it was
// at login, whatever others do to the mailbox meanwhile. Messages are counted from 0 here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace lbx::pop3d {

/// A message opened for reading from its first octet on, as it is stored.
class OpenMessage {
 public:
  virtual ~OpenMessage() = default;
  /// At most `size` octets; 0 at the end.
  virtual Result<std::size_t> read(char* buffer, std::size_t size) = 0;
};

class Maildrop {
 public:
  virtual ~Maildrop() = default;

  virtual std::size_t count() const = 0;
  /// The octets that RETR sends before dot-stuffing: RFC 1939 section 11.
  virtual std::uint64_t octets(std::size_t message) const = 0;
  /// 1 to 70 octets of 0x21..0x7E, unique in the maildrop, the same in every session: section 7.
  virtual std::string id(std::size_t message) const = 0;

  /// An error where somebody else has removed the message (ENOENT), or it cannot be read now.
  virtual Result<std::unique_ptr<OpenMessage>> open(std::size_t message) = 0;

  /// RETR has sent the whole message, and it had so many octets: if another number was announced,
  /// that was wrong, and is so no longer.
  virtual void sent(std::size_t message, std::uint64_t octets) = 0;

  /// The UPDATE state (section 6), once: removes what is marked and nothing else, makes that
  /// durable, and then takes note that the others were seen. Returns how many marked messages are
  /// perhaps still there; 0 is success.
  virtual std::size_t update(const std::vector<bool>& marked) = 0;
};

}  // namespace lbx::pop3d
