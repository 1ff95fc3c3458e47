// SPDX-License-Identifier: MIT
// A stored message as POP3 sends it, in one pass: the line ends of CrlfEncoder and the dots of
// DotStuffer, in spans. It promises the same octets as the two of them, for every split into
// chunks, and counts what OctetCounter counts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lbx {

class WireEncoder {
 public:
  /// Appends at most twice as many octets as it is given.
  void append(std::string_view bytes, std::string& out);
  /// Ends the last line, and the message with ".\r\n".
  void finish(std::string& out);

  /// Octets so far, without the dots that were stuffed: RFC 1939 section 11.
  std::uint64_t octets() const { return octets_; }

 private:
  char last_{'\n'};  // the first octet of a message begins a line too
  std::uint64_t octets_{0};
};

}  // namespace lbx
