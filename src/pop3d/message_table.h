// SPDX-License-Identifier: MIT
// What a session remembers of each message of a Maildir: sixteen octets and its file name. All
// names lie one behind the other in one piece of memory, which is the session's own or, where an
// index says all, the index's: then what changes in a session is kept beside it.
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
#include "core/maildir/writer.h"
#include "pop3d/index_rows.h"

namespace lbx::pop3d {

class MessageTable {
 public:
  /// False for what is no name of a message: one that begins with a dot or a colon.
  static bool is_message_name(std::string_view file_name);

  MessageTable() = default;
  /// The messages of an index; `owner` keeps its memory.
  MessageTable(std::span<const MessageRow> rows, std::string_view names,
               std::shared_ptr<const void> owner);

  std::size_t count() const { return owner_ ? lent_rows_.size() : rows_.size(); }
  /// Enters a file at the end. An error: the names would take more than 4 GiB. Not for an index's.
  Result<void> add(MaildirPlace::Folder folder, std::string_view file_name);

  MaildirPlace::Folder folder(std::size_t message) const;
  /// The part in front of the first colon: it stays for as long as the message exists.
  std::string_view base(std::size_t message) const;
  std::string_view file_name(std::size_t message) const;
  std::string path(std::size_t message) const;  // below the Maildir: "cur/NAME:2,S"

  std::uint64_t octets(std::size_t message) const { return row(message).octets; }
  /// They have been counted.
  void set_octets(std::size_t message, std::uint64_t octets);
  /// They are what the name says.
  void set_named_octets(std::size_t message, std::uint64_t octets);

  /// Another file has the same base name, so that a look-up could find the wrong one.
  bool shares_base(std::size_t message) const { return row(message).is(MessageRow::SharesBase); }
  void set_shares_base(std::size_t message);

  /// Somebody has renamed the file.
  Result<void> move(std::size_t message, MaildirPlace::Folder folder, std::string_view file_name);

  /// Keeps the messages of `order` only, in that order. Not for an index's.
  void arrange(const std::vector<std::uint32_t>& order);
  /// Gives back memory that was taken in advance.
  void shrink();

  /// All of a session's own, as an index takes them. Not for an index's.
  std::span<const MessageRow> rows() const { return rows_; }
  std::string_view names() const { return names_; }

  const MessageRow& row(std::size_t message) const {
    if (!owner_) return rows_[message];
    if (!changed_.empty()) {
      const auto change = changed_.find(static_cast<std::uint32_t>(message));
      if (change != changed_.end()) return change->second;
    }
    return lent_rows_[message];
  }

 private:
  MessageRow& change(std::size_t message);
  std::string_view name_at(std::size_t at, std::size_t size) const;
  Result<MessageRow> store(MaildirPlace::Folder folder, std::string_view file_name);

  std::vector<MessageRow> rows_;
  std::string names_;  // in an index's table: of those moved; they begin behind lent_names_

  std::shared_ptr<const void> owner_;
  std::span<const MessageRow> lent_rows_;
  std::string_view lent_names_;
  std::unordered_map<std::uint32_t, MessageRow> changed_;
};

}  // namespace lbx::pop3d
