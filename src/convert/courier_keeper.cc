// SPDX-License-Identifier: MIT
#include "convert/courier_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "convert/server_file.h"
#include "convert/subscriptions.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/maildir/courier_lists.h"
#include "core/maildir/unique_name.h"
#include "core/message/server_ids.h"

namespace lbx::convert {
namespace {

constexpr mode_t kKeywordsMode = 0700;

std::optional<std::string> courier_keyword(const std::string& text) {
  return is_keyword(text) ? text : to_keyword(text);
}

Result<void> make_keywords_directory(FileOps& files, int dir, const FolderName& folder) {
  Result<void> made =
      files.make_directory(dir, path_in(folder, kCourierKeywordsDirectory), kKeywordsMode);
  if (!made && made.error().os_error != EEXIST) return made;
  return {};
}

/// The id of a message of the inbox that Courier can say.
std::optional<CourierPop3Id> id_of(const StagedMessage& message) {
  const auto id = CourierPop3Id::parse(message.uidl);
  if (!id || id->number == UINT32_MAX || !message.folder.is_inbox()) return std::nullopt;
  return id;
}

std::uint64_t packed(const CourierPop3Id& id) {
  return std::uint64_t{id.number} << 32U | id.validity;
}

std::string pop3_line(const ListRow& row, const std::string& base) {
  const auto name = UniqueName::parse(base);
  const std::uint64_t octets = name ? name->wire_octets().value_or(0) : 0;
  const auto validity = static_cast<std::uint32_t>(ascii::parse_number(row.text).value_or(0));
  return courier_pop3_line({base, {row.number, validity}, octets});
}

std::string lost_ids(std::uint64_t count, bool there) {
  std::string text = "INBOX: " + std::to_string(count) + " POP3 ids (X-UIDL) are not kept: ";
  if (there) return text + "there is a " + kCourierPop3File + " already";
  return text + "Courier cannot have them, or they come twice";
}

/// "0 2" as numbers: what keep_keywords() has written.
std::vector<std::size_t> numbers_in(std::string_view text) {
  std::vector<std::size_t> numbers;
  for (const std::string_view word : ascii::split(text, ' ')) {
    if (const auto number = ascii::parse_number(word)) numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

const char* CourierNumberList::file() const {
  return kCourierUidFile;
}

std::string CourierNumberList::head(std::uint32_t validity, std::uint32_t next) const {
  return courier_uid_head(validity, next);
}

std::string CourierNumberList::line(const ListRow& row, const std::string& base) const {
  return courier_uid_line(row.number, base);
}

Result<std::string> CourierKeeper::letters(const FolderName& folder,
                                           const std::vector<std::string>& keywords) {
  Keywords& known = keywords_[folder];
  for (const std::string& each : keywords) {
    const auto keyword = courier_keyword(each);
    if (!keyword) continue;
    const std::string key = ascii::to_lower(*keyword);
    if (known.numbers.contains(key)) continue;
    if (known.names.size() == kMaxCourierKeywords) {
      ++known.left_out;
      continue;
    }
    known.numbers.emplace(key, known.names.size());
    known.names.push_back(*keyword);
  }
  return std::string{};
}

Result<void> CourierKeeper::finish(const Staged& staged) {
  const WrittenState written = LBX_TRY(WrittenState::read(staged.log));
  LBX_TRY(keep_keywords(staged, written));
  LBX_TRY(numbers_.finish(staged, written, warnings_));
  LBX_TRY(keep_ids(staged, written));
  return subscribe_new_folders(*system_, *locks_, staged, SubscriptionForm::Courier);
}

Result<void> CourierKeeper::keep_keywords(const Staged& staged, const WrittenState& written) {
  for (auto& [folder, keywords] : keywords_) LBX_TRY(begin_keywords(staged, folder, keywords));
  NamedRows rows{system_->files, staged.root, chunk_,
                 [&](const FolderName& folder, const std::vector<NamedRows::Row>& named) {
                   return write_keywords(staged, folder, named);
                 }};
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    const Keywords& known = keywords_[message.folder];
    std::set<std::size_t> numbers;
    for (const std::string& each : message.keywords) {
      const auto keyword = courier_keyword(each);
      const auto found =
          keyword ? known.numbers.find(ascii::to_lower(*keyword)) : known.numbers.end();
      if (found != known.numbers.end()) numbers.insert(found->second);
    }
    std::string text;
    for (const std::size_t each : numbers) text += std::to_string(each) + ' ';
    if (text.empty()) return {};
    return rows.add({message.folder, message.bits, 0, std::move(text)});
  }));
  return rows.finish();
}

Result<void> CourierKeeper::begin_keywords(const Staged& staged, const FolderName& folder,
                                           Keywords& keywords) {
  FileOps& files = system_->files;
  if (keywords.names.empty()) return {};
  if (keywords.left_out > 0) {
    warnings_.push_back(folder.str() + ": " + std::to_string(kMaxCourierKeywords) +
                        " keywords of a folder are kept, " + std::to_string(keywords.left_out) +
                        " more were left out of messages");
  }
  keywords.exists = LBX_TRY(is_in_target(files, staged.target, path_in(folder, "cur")));
  const int home = keywords.exists ? staged.target : staged.root;
  LBX_TRY(make_keywords_directory(files, home, folder));
  if (keywords.exists) return {};
  return replace_file(files, home, path_in(folder, kCourierKeywordsFile),
                      courier_keywords_head(keywords.names), kServerFileMode);
}

Result<void> CourierKeeper::write_keywords(const Staged& staged, const FolderName& folder,
                                           const std::vector<NamedRows::Row>& rows) {
  FileOps& files = system_->files;
  const Keywords& known = keywords_[folder];
  std::string lines;
  for (const auto& [row, base] : rows) {
    const std::vector<std::size_t> numbers = numbers_in(row->text);
    if (!known.exists) {
      lines += courier_keywords_line(base, numbers);
      continue;
    }
    std::string names;
    for (const std::size_t each : numbers) names += known.names.at(each) + '\n';
    const std::string path = path_in(folder, kCourierKeywordsDirectory) + '/' + base;
    const UniqueFd file =
        LBX_TRY(files.open_at(staged.target, path, O_WRONLY | O_CREAT | O_TRUNC, kServerFileMode));
    LBX_TRY(write_all(files, file.get(), names));
  }
  if (known.exists) return files.sync_file_system(staged.target);
  return append_durably(files, staged.root, path_in(folder, kCourierKeywordsFile), lines);
}

/// Courier's POP3 server serves the inbox alone. An id that comes twice is nobody's.
Result<void> CourierKeeper::keep_ids(const Staged& staged, const WrittenState& written) {
  FileOps& files = system_->files;
  const std::string path = path_in(FolderName{}, kCourierPop3File);
  std::uint64_t lost = 0;
  std::vector<std::uint64_t> ids;
  CourierPop3Id last{0, 0};
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    const auto id = id_of(message);
    if (id) ids.push_back(packed(*id));
    if (!id && !message.uidl.empty() && message.folder.is_inbox()) ++lost;
    if (id) last = {std::max(last.number, id->number), id->validity};
    return {};
  }));
  const bool there = LBX_TRY(is_in_target(files, staged.target, path));
  if (there) lost += ids.size();
  const std::vector<std::uint64_t> twice = repeated(ids);
  if (lost > 0 || !twice.empty()) warnings_.push_back(lost_ids(lost + twice.size(), there));
  if (there || ids.empty()) return {};
  LBX_TRY(replace_file(files, staged.root, path, courier_pop3_head(last.number + 1, last.validity),
                       kServerFileMode));
  NamedRows rows{files, staged.root, chunk_,
                 [&](const FolderName&, const std::vector<NamedRows::Row>& named) {
                   std::string lines;
                   for (const auto& [row, base] : named) lines += pop3_line(*row, base);
                   return append_durably(files, staged.root, path, lines);
                 }};
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    const auto id = id_of(message);
    if (!id || std::ranges::binary_search(twice, packed(*id))) return {};
    return rows.add({message.folder, message.bits, id->number, std::to_string(id->validity)});
  }));
  return rows.finish();
}

}  // namespace lbx::convert
