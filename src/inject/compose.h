// SPDX-License-Identifier: MIT
// From the header of a submitted message to the one that is sent, and its envelope (CONTRACT 1.14):
// addresses completed, missing fields added, fields that are for us removed. Pure: text comes in,
// text goes out.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/message/address_list.h"
#include "core/message/date.h"
#include "inject/message_head.h"

namespace lbx::inject {

/// Who writes: what From and the envelope sender are made of where the header says nothing. It may
/// be any text; line ends in it count as blanks.
struct Author {
  std::string user;
  std::string host;
  std::optional<std::string> name;
  std::string sender_user;
  std::string sender_host;
};

/// The letters of $QMAILINJECT.
struct Habits {
  bool name_as_comment{false};     // c
  bool ignore_return_path{false};  // s
  bool drop_from{false};           // f
  bool drop_message_id{false};     // i
  bool verp{false};                // r: a sender for each recipient
  bool sender_per_message{false};  // m
};
Habits read_habits(const std::string& letters);

struct Circumstances {
  HostNames hosts;
  std::string id_host;
  Author author;
  Habits habits;
  /// Lists, for Mail-Followup-To.
  std::vector<std::string> lists;
  std::int64_t now{0};
  LocalZone zone;
  pid_t pid{0};
};

struct Composed {
  std::string header;
  std::string sender;
  /// Those that the header names, in the order of qmail: from right to left within a field.
  std::vector<std::string> recipients;
};

/// `local@host` of a command line, where all before the last '@' is taken as it is, and the host is
/// completed. An error, Retry::Never, where there cannot be such a host, and for line ends.
Result<std::string> complete_argument(const std::string& text, const HostNames& hosts);

/// An originator field that cannot be read is an error, Retry::Never; a recipient field is then
/// left as it is. `sender`: what the command line says, completed.
Result<Composed> compose(const std::vector<RawField>& fields, const Circumstances& circumstances,
                         const std::optional<std::string>& sender);

}  // namespace lbx::inject
