// SPDX-License-Identifier: MIT
#include "pop3d/message_table.h"

#include <algorithm>
#include <utility>

namespace lbx::pop3d {

MessageTable::MessageTable(FoundMessages found) {
  const std::size_t step = found.count() / PackedNames::kSample + 1;
  std::vector<std::string_view> sample;
  for (std::size_t i = 0; i < found.count(); i += step) sample.push_back(found.file_name(i));
  names_.learn(sample);
  std::vector<std::uint32_t> places;
  places.reserve(found.count());
  for (std::size_t i = 0; i < found.count(); ++i) {
    places.push_back(static_cast<std::uint32_t>(names_.add(found.file_name(i))));
  }
  names_.shrink();
  rows_ = found.take_rows();
  for (std::size_t i = 0; i < rows_.size(); ++i) rows_[i].name = places[i];
}

MessageTable::MessageTable(std::span<const MessageRow> rows, std::string_view names,
                           std::shared_ptr<const void> owner)
    : owner_{std::move(owner)}, lent_rows_{rows}, lent_names_{names} {}

const MessageRow& MessageTable::row(std::size_t message) const {
  if (!owner_) return rows_[message];
  if (!changed_.empty()) {
    const auto change = changed_.find(static_cast<std::uint32_t>(message));
    if (change != changed_.end()) return change->second;
  }
  return lent_rows_[message];
}

MessageRow& MessageTable::change(std::size_t message) {
  if (!owner_) return rows_[message];
  return changed_.try_emplace(static_cast<std::uint32_t>(message), lent_rows_[message])
      .first->second;
}

std::string MessageTable::text(std::size_t at, std::size_t size) const {
  if (at < lent_names_.size()) return std::string{lent_names_.substr(at, size)};
  return names_.get(at - lent_names_.size(), size);
}

std::string MessageTable::base(std::size_t message) const {
  const MessageRow& the = row(message);
  return text(the.name, the.base_size);
}

std::string MessageTable::file_name(std::size_t message) const {
  const MessageRow& the = row(message);
  return text(the.name, the.size);
}

Result<void> MessageTable::move(std::size_t message, MaildirPlace::Folder folder,
                                std::string_view file_name) {
  const std::size_t at = lent_names_.size() + names_.size();
  if (at + 2 * file_name.size() > kMaxNames) return too_many_names();
  names_.add(file_name);
  const MessageRow moved = row_for(folder, file_name, at);
  MessageRow& the = change(message);
  the.name = moved.name;
  the.size = moved.size;
  the.base_size = moved.base_size;
  the.flags = static_cast<std::uint8_t>((the.flags & ~unsigned{MessageRow::InCur}) | moved.flags);
  return {};
}

}  // namespace lbx::pop3d
