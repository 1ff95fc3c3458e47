// SPDX-License-Identifier: MIT
// What a session remembers of each message of a Maildir: sixteen octets and its file name. All
// names lie one behind the other in one piece of memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/maildir/writer.h"

namespace lbx::pop3d {

class MessageTable {
 public:
  /// False for what is no name of a message: one that begins with a dot or a colon.
  static bool is_message_name(std::string_view file_name);

  std::size_t count() const { return messages_.size(); }
  /// Enters a file at the end. An error: the names would take more than 4 GiB.
  Result<void> add(MaildirPlace::Folder folder, std::string_view file_name);

  MaildirPlace::Folder folder(std::size_t message) const;
  /// The part in front of the first colon: it stays for as long as the message exists.
  std::string_view base(std::size_t message) const;
  std::string_view file_name(std::size_t message) const;
  std::string path(std::size_t message) const;  // below the Maildir: "cur/NAME:2,S"

  std::uint64_t octets(std::size_t message) const { return messages_[message].octets; }
  void set_octets(std::size_t message, std::uint64_t octets) { messages_[message].octets = octets; }

  /// Another file has the same base name, so that a look-up could find the wrong one.
  bool shares_base(std::size_t message) const { return messages_[message].shares_base; }
  void set_shares_base(std::size_t message) { messages_[message].shares_base = true; }

  /// Somebody has renamed the file.
  Result<void> move(std::size_t message, MaildirPlace::Folder folder, std::string_view file_name);

  /// Keeps the messages of `order` only, in that order.
  void arrange(const std::vector<std::uint32_t>& order);
  /// Gives back memory that was taken in advance.
  void shrink();

 private:
  struct Message {
    std::uint64_t octets;
    std::uint32_t name;  // where it begins in names_
    std::uint8_t size;   // file names have 255 octets at most
    std::uint8_t base_size;
    bool in_cur;
    bool shares_base;
  };

  Result<Message> store(MaildirPlace::Folder folder, std::string_view file_name);

  std::string names_;
  std::vector<Message> messages_;
};

}  // namespace lbx::pop3d
