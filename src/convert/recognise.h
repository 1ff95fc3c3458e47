// SPDX-License-Identifier: MIT
// What a file is, by its first octets; only where these leave it open does its name count.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lbx::convert {

/// Octets that recognise() wants to see.
inline constexpr std::size_t kRecognisedHead = std::size_t{16} * 1024;

enum class ContentKind {
  Empty,
  Mailbox,      // an mbox or MMDF
  Message,      // one message
  Emlx,         // the same, as Apple stores it
  Zip,          // an archive
  Tar,          // the same
  Unsupported,  // mail, in a form that we cannot read
  Other,        // no mail
};

struct Recognised {
  ContentKind kind;
  const char* what{""};  // of Unsupported: its name
};

/// `head`: the first octets, expanded where the file is compressed. `name`: its last part.
Recognised recognise(std::string_view head, std::string_view name);

/// Whether an MH folder would have a message of this name: a number.
bool is_mh_name(std::string_view name);

/// `name` without the endings of compressions, and whether it ends in `suffix`, in any case.
std::string_view without_compression(std::string_view name);
bool ends_with_fold(std::string_view text, std::string_view suffix);

}  // namespace lbx::convert
