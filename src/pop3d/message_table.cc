// SPDX-License-Identifier: MIT
#include "pop3d/message_table.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lbx::pop3d {

bool MessageTable::is_message_name(std::string_view file_name) {
  return !file_name.empty() && file_name.front() != '.' && file_name.front() != ':' &&
         file_name.size() <= std::numeric_limits<std::uint8_t>::max();
}

MessageTable::MessageTable(std::span<const MessageRow> rows, std::string_view names,
                           std::shared_ptr<const void> owner)
    : owner_{std::move(owner)}, lent_rows_{rows}, lent_names_{names} {}

Result<MessageRow> MessageTable::store(MaildirPlace::Folder folder, std::string_view file_name) {
  const std::size_t at = lent_names_.size() + names_.size();
  if (at + file_name.size() > std::numeric_limits<std::uint32_t>::max()) {
    return Error::later("too many messages in one Maildir");
  }
  names_ += file_name;
  MessageRow row{};
  row.name = static_cast<std::uint32_t>(at);
  row.size = static_cast<std::uint8_t>(file_name.size());
  row.base_size = static_cast<std::uint8_t>(std::min(file_name.find(':'), file_name.size()));
  row.flags = folder == MaildirPlace::Folder::Cur ? MessageRow::InCur : 0;
  return row;
}

Result<void> MessageTable::add(MaildirPlace::Folder folder, std::string_view file_name) {
  rows_.push_back(LBX_TRY(store(folder, file_name)));
  return {};
}

MaildirPlace::Folder MessageTable::folder(std::size_t message) const {
  return row(message).is(MessageRow::InCur) ? MaildirPlace::Folder::Cur : MaildirPlace::Folder::New;
}

std::string_view MessageTable::name_at(std::size_t at, std::size_t size) const {
  if (at < lent_names_.size()) return lent_names_.substr(at, size);
  return std::string_view{names_}.substr(at - lent_names_.size(), size);
}

std::string_view MessageTable::base(std::size_t message) const {
  const MessageRow& the = row(message);
  return name_at(the.name, the.base_size);
}

std::string_view MessageTable::file_name(std::size_t message) const {
  const MessageRow& the = row(message);
  return name_at(the.name, the.size);
}

std::string MessageTable::path(std::size_t message) const {
  const std::string_view name = file_name(message);
  std::string path;
  path.reserve(4 + name.size());
  path = row(message).is(MessageRow::InCur) ? "cur/" : "new/";
  return path += name;
}

MessageRow& MessageTable::change(std::size_t message) {
  if (!owner_) return rows_[message];
  return changed_.try_emplace(static_cast<std::uint32_t>(message), lent_rows_[message])
      .first->second;
}

void MessageTable::set_octets(std::size_t message, std::uint64_t octets) {
  MessageRow& the = change(message);
  the.octets = octets;
  the.flags &= static_cast<std::uint8_t>(~MessageRow::NamedSize);
}

void MessageTable::set_named_octets(std::size_t message, std::uint64_t octets) {
  MessageRow& the = change(message);
  the.octets = octets;
  the.flags |= MessageRow::NamedSize;
}

void MessageTable::set_shares_base(std::size_t message) {
  change(message).flags |= MessageRow::SharesBase;
}

Result<void> MessageTable::move(std::size_t message, MaildirPlace::Folder folder,
                                std::string_view file_name) {
  const MessageRow moved = LBX_TRY(store(folder, file_name));
  MessageRow& the = change(message);
  the.name = moved.name;
  the.size = moved.size;
  the.base_size = moved.base_size;
  the.flags = static_cast<std::uint8_t>((the.flags & ~unsigned{MessageRow::InCur}) | moved.flags);
  return {};
}

void MessageTable::arrange(const std::vector<std::uint32_t>& order) {
  std::vector<MessageRow> arranged;
  arranged.reserve(order.size());
  for (const std::uint32_t message : order) arranged.push_back(rows_[message]);
  rows_ = std::move(arranged);
}

void MessageTable::shrink() {
  names_.shrink_to_fit();
}

}  // namespace lbx::pop3d
