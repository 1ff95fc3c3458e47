// SPDX-License-Identifier: MIT
// What the text of a report says: the lines in which a delivery, a program of a user or a remote
// host tells why something could not be done (CONTRACT 1.8, 1.11, 1.12). It was written by
// strangers; nothing in it is believed further than as words for people and a status code.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lbx {

/// What the last report of a recipient ends with when its time in the queue is over.
inline constexpr std::string_view kGivenUp =
    "I'm not going to try again; this message has been in the queue too long.\n";

/// Lines of a remote host's reply that are looked at.
inline constexpr std::size_t kMaxReplyLines = 50;

/// What a host that was spoken to said, as qmail-remote(8) writes it down.
struct RemoteReply {
  std::string host;                // a name or an address; empty where the report does not say
  std::vector<std::string> lines;  // "550 5.1.1 no such user": at least one
  bool operator==(const RemoteReply&) const = default;
};
std::optional<RemoteReply> remote_reply(std::string_view report);

/// The enhanced status code (RFC 3463) that a report names: that of the remote host where one
/// spoke; else the first "(#5.1.1)"; else what it begins with. Nothing: it names none.
std::optional<std::string> status_in(std::string_view report);

/// `text` with '?' for each control character but tabs and line ends, those of UTF-8 beyond ASCII
/// among them; a CR before a line end goes.
std::string without_controls(std::string_view text);
/// The same in UTF-8: what is not is taken for ISO 8859-1.
std::string harmless_text(std::string_view text);

/// `text`, or as many octets of it, but no part of a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t octets);

}  // namespace lbx
