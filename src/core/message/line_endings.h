// SPDX-License-Identifier: MIT
// Line ends: what a message is on the wire, where every line ends in CR LF, whatever form it was
// stored in. One rule, in one place, for sizes that are announced and octets that are sent:
//
//   a CR LF stays; a bare LF becomes CR LF; a bare CR is data and stays; a last line without an
//   end gets CR LF (only LF where the last octet is a CR); an empty message stays empty.
//
// RFC 1939 section 11 for POP3 sizes; RFC 5321 section 2.3.8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lbx {

/// Counts, chunk by chunk, what the octets of a message are on the wire.
class OctetCounter {
 public:
  void add(std::string_view bytes);

  /// Octets given so far, as they are.
  std::uint64_t stored() const { return stored_; }
  /// Octets on the wire if the message ends here.
  std::uint64_t on_wire() const;

 private:
  std::uint64_t stored_{0};
  std::uint64_t bare_line_feeds_{0};
  char last_{'\n'};
};

/// Turns a stored message into its form on the wire, chunk by chunk; equal to what OctetCounter
/// counts, for every split into chunks.
class CrlfEncoder {
 public:
  void append(std::string_view bytes, std::string& out);
  /// Ends the last line; the encoder is then as new.
  void finish(std::string& out);

 private:
  bool empty_{true};
  char last_{'\n'};
};

/// Takes the CR away before each LF, chunk by chunk.
class CrlfDecoder {
 public:
  void append(std::string_view bytes, std::string& out);
  /// Gives out a CR that was held back; the decoder is then as new.
  void finish(std::string& out);

 private:
  bool held_{false};  // a CR
};

}  // namespace lbx
