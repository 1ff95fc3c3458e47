// SPDX-License-Identifier: MIT
#include "pop3d/message_table.h"

#include <algorithm>
#include <limits>

namespace lbx::pop3d {

bool MessageTable::is_message_name(std::string_view file_name) {
  return !file_name.empty() && file_name.front() != '.' && file_name.front() != ':' &&
         file_name.size() <= std::numeric_limits<std::uint8_t>::max();
}

Result<MessageTable::Message> MessageTable::store(MaildirPlace::Folder folder,
                                                  std::string_view file_name) {
  if (names_.size() + file_name.size() > std::numeric_limits<std::uint32_t>::max()) {
    return Error::later("too many messages in one Maildir");
  }
  const auto at = static_cast<std::uint32_t>(names_.size());
  names_ += file_name;
  return Message{0,
                 at,
                 static_cast<std::uint8_t>(file_name.size()),
                 static_cast<std::uint8_t>(std::min(file_name.find(':'), file_name.size())),
                 folder == MaildirPlace::Folder::Cur,
                 false};
}

Result<void> MessageTable::add(MaildirPlace::Folder folder, std::string_view file_name) {
  messages_.push_back(LBX_TRY(store(folder, file_name)));
  return {};
}

MaildirPlace::Folder MessageTable::folder(std::size_t message) const {
  return messages_[message].in_cur ? MaildirPlace::Folder::Cur : MaildirPlace::Folder::New;
}

std::string_view MessageTable::base(std::size_t message) const {
  const Message& the = messages_[message];
  return std::string_view{names_}.substr(the.name, the.base_size);
}

std::string_view MessageTable::file_name(std::size_t message) const {
  const Message& the = messages_[message];
  return std::string_view{names_}.substr(the.name, the.size);
}

std::string MessageTable::path(std::size_t message) const {
  return (messages_[message].in_cur ? "cur/" : "new/") + std::string{file_name(message)};
}

Result<void> MessageTable::move(std::size_t message, MaildirPlace::Folder folder,
                                std::string_view file_name) {
  const Message moved = LBX_TRY(store(folder, file_name));
  Message& the = messages_[message];
  the.name = moved.name;
  the.size = moved.size;
  the.base_size = moved.base_size;
  the.in_cur = moved.in_cur;
  return {};
}

void MessageTable::arrange(const std::vector<std::uint32_t>& order) {
  std::vector<Message> arranged;
  arranged.reserve(order.size());
  for (const std::uint32_t message : order) arranged.push_back(messages_[message]);
  messages_ = std::move(arranged);
}

void MessageTable::shrink() {
  names_.shrink_to_fit();
}

}  // namespace lbx::pop3d
