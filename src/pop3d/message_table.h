// SPDX-License-Identifier: MIT
// What a session remembers of each message of a Maildir: sixteen octets and its file name, packed
// (packed_names.h). Where an index says all, its memory serves for that, and what changes in a
// session is kept beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "pop3d/found_messages.h"
#include "pop3d/index_rows.h"
#include "pop3d/packed_names.h"

namespace lbx::pop3d {

class MessageTable {
 public:
  MessageTable() = default;
  explicit MessageTable(FoundMessages found);
  /// The messages of an index; `owner` keeps its memory.
  MessageTable(std::span<const MessageRow> rows, std::string_view names,
               std::shared_ptr<const void> owner);

  std::size_t count() const { return owner_ ? lent_rows_.size() : rows_.size(); }

  MaildirPlace::Folder folder(std::size_t message) const { return folder_of(row(message)); }
  /// The part in front of the first colon: it stays for as long as the message exists.
  std::string base(std::size_t message) const;
  std::string file_name(std::size_t message) const;
  std::string path(std::size_t message) const {
    return path_of(folder(message), file_name(message));
  }

  std::uint64_t octets(std::size_t message) const { return row(message).octets; }
  /// They have been counted.
  void set_octets(std::size_t message, std::uint64_t octets) { change(message).count(octets); }

  /// Another file has the same base name, so that a look-up could find the wrong one.
  bool shares_base(std::size_t message) const { return row(message).is(MessageRow::SharesBase); }

  /// Somebody has renamed the file. An error: all names would be longer than kMaxNames.
  Result<void> move(std::size_t message, MaildirPlace::Folder folder, std::string_view file_name);

 private:
  const MessageRow& row(std::size_t message) const;
  MessageRow& change(std::size_t message);
  std::string text(std::size_t at, std::size_t size) const;

  std::vector<MessageRow> rows_;
  PackedNames names_;  // in an index's table: of those moved; they begin behind lent_names_

  std::shared_ptr<const void> owner_;
  std::span<const MessageRow> lent_rows_;
  std::string_view lent_names_;
  std::unordered_map<std::uint32_t, MessageRow> changed_;
};

}  // namespace lbx::pop3d
