// SPDX-License-Identifier: MIT
#include "pop3d/found_messages.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lbx::pop3d {

MessageRow row_for(MaildirPlace::Folder folder, std::string_view file_name, std::size_t name) {
  MessageRow row{};
  row.name = static_cast<std::uint32_t>(name);
  row.size = static_cast<std::uint8_t>(file_name.size());
  row.base_size = static_cast<std::uint8_t>(std::min(file_name.find(':'), file_name.size()));
  row.flags = folder == MaildirPlace::Folder::Cur ? MessageRow::InCur : 0;
  return row;
}

std::string path_of(MaildirPlace::Folder folder, std::string_view file_name) {
  std::string path;
  path.reserve(4 + file_name.size());
  path = folder == MaildirPlace::Folder::Cur ? "cur/" : "new/";
  return path += file_name;
}

bool FoundMessages::is_message_name(std::string_view file_name) {
  return !file_name.empty() && file_name.front() != '.' && file_name.front() != ':' &&
         file_name.size() <= std::numeric_limits<std::uint8_t>::max();
}

Result<void> FoundMessages::add(MaildirPlace::Folder folder, std::string_view file_name) {
  if (names_.size() + file_name.size() > kMaxNames) return too_many_names();
  rows_.push_back(row_for(folder, file_name, names_.size()));
  names_ += file_name;
  return {};
}

void FoundMessages::set_named_octets(std::size_t message, std::uint64_t octets) {
  rows_[message].octets = octets;
  rows_[message].flags |= MessageRow::NamedSize;
}

void FoundMessages::arrange(const std::vector<std::uint32_t>& order) {
  std::vector<MessageRow> arranged;
  arranged.reserve(order.size());
  for (const std::uint32_t message : order) arranged.push_back(rows_[message]);
  rows_ = std::move(arranged);
}

}  // namespace lbx::pop3d
