// SPDX-License-Identifier: MIT
// The messages of a Maildir while its folders are looked through: sixteen octets and the file name
// of each. All names lie one behind the other in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maildir/writer.h"
#include "pop3d/index_rows.h"

namespace lbx::pop3d {

/// A row for a file whose name begins at `name`, wherever that is.
MessageRow row_for(MaildirPlace::Folder folder, std::string_view file_name, std::size_t name);
inline MaildirPlace::Folder folder_of(const MessageRow& row) {
  return row.is(MessageRow::InCur) ? MaildirPlace::Folder::Cur : MaildirPlace::Folder::New;
}
/// Below the Maildir: "cur/NAME:2,S".
std::string path_of(MaildirPlace::Folder folder, std::string_view file_name);

class FoundMessages {
 public:
  /// False for what is no name of a message: one that begins with a dot or a colon.
  static bool is_message_name(std::string_view file_name);

  std::size_t count() const { return rows_.size(); }
  /// Enters a file at the end. An error: all names would be longer than kMaxNames.
  Result<void> add(MaildirPlace::Folder folder, std::string_view file_name);

  const MessageRow& row(std::size_t message) const { return rows_[message]; }
  MaildirPlace::Folder folder(std::size_t message) const { return folder_of(rows_[message]); }
  /// The part in front of the first colon: it stays for as long as the message exists.
  std::string_view base(std::size_t message) const {
    return std::string_view{names_}.substr(rows_[message].name, rows_[message].base_size);
  }
  std::string_view file_name(std::size_t message) const {
    return std::string_view{names_}.substr(rows_[message].name, rows_[message].size);
  }
  std::string path(std::size_t message) const {
    return path_of(folder(message), file_name(message));
  }

  /// They have been counted.
  void set_octets(std::size_t message, std::uint64_t octets) { rows_[message].count(octets); }
  /// They are what the name says.
  void set_named_octets(std::size_t message, std::uint64_t octets);

  /// Another file has the same base name, so that a look-up could find the wrong one.
  bool shares_base(std::size_t message) const { return rows_[message].is(MessageRow::SharesBase); }
  void set_shares_base(std::size_t message) { rows_[message].flags |= MessageRow::SharesBase; }

  /// Keeps the messages of `order` only, in that order.
  void arrange(const std::vector<std::uint32_t>& order);

  std::span<const MessageRow> rows() const { return rows_; }
  std::string_view names() const { return names_; }
  /// All rows; nothing is left here.
  std::vector<MessageRow> take_rows() { return std::move(rows_); }

 private:
  std::vector<MessageRow> rows_;
  std::string names_;
};

}  // namespace lbx::pop3d
