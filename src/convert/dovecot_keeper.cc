// SPDX-License-Identifier: MIT
#include "convert/dovecot_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "convert/keywords_file.h"
#include "convert/server_file.h"
#include "convert/subscriptions.h"
#include "convert/verify.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/maildir/flags.h"
#include "core/maildir/server_lines.h"

namespace lbx::convert {
namespace {

/// Keywords that are named where there was no room for them.
constexpr std::size_t kNamedKeywords = 10;

std::optional<std::string> keyword_of(const std::string& text) {
  return is_keyword(text) ? text : to_keyword(text);
}

bool have_same_letters(const DovecotKeywords& from, const DovecotKeywords& to) {
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string_view name = from.name_of(letter);
    if (!name.empty() && to.letter_of(name) != letter) return false;
  }
  return true;
}

}  // namespace

const char* DovecotNumberList::file() const {
  return kDovecotUidlistFile;
}

std::string DovecotNumberList::head(std::uint32_t validity, std::uint32_t next) const {
  return to_line(UidlistHeader{validity, next, {}});
}

std::string DovecotNumberList::line(const ListRow& row, const std::string& base) const {
  return to_line(UidlistEntry{row.number, base, {}, row.text, {}, {}, {}});
}

std::optional<NumberList::Known> DovecotNumberList::read(std::string_view text) const {
  std::optional<UidlistReader> reader = UidlistReader::open(text);
  if (!reader || !text.starts_with('3') || !text.ends_with('\n')) return std::nullopt;
  Known known{reader->header().validity, reader->header().next};
  std::uint32_t before = 0;
  while (const std::optional<UidlistEntry> entry = reader->next()) {
    if (entry->uid <= before || entry->uid == UINT32_MAX) return std::nullopt;  // broken
    before = entry->uid;
    known.next = std::max(known.next, before + 1);  // Dovecot appends without a new head
    if (!entry->pop3_id.empty()) known.ids.push_back(std::hash<std::string_view>{}(entry->pop3_id));
    if (const auto bits = name_bits_in(entry->base)) known.bits.push_back(*bits);
  }
  return known;
}

std::string DovecotNumberList::raised(std::string_view text, std::uint32_t next) const {
  std::string all;
  for (const std::string_view word : ascii::split(take_line(text), ' ')) {
    if (!all.empty()) all += ' ';
    all += word.starts_with('N') ? 'N' + std::to_string(next) : std::string{word};
  }
  return (all += '\n').append(text);
}

Result<std::string> DovecotKeeper::letters(const FolderName& folder,
                                           const std::vector<std::string>& keywords) {
  Keywords& known = keywords_[folder];
  std::string letters;
  for (const std::string& each : keywords) {
    const auto keyword = keyword_of(each);
    if (!keyword) continue;
    if (const auto letter = known.table.add(*keyword)) {
      letters += *letter;
    } else {
      ++known.left_out_count;
      if (known.left_out.size() < kNamedKeywords) known.left_out.insert(*keyword);
    }
  }
  return letters;
}

Result<void> DovecotKeeper::finish(const Staged& staged) {
  for (auto& [folder, keywords] : keywords_) {
    LBX_TRY(finish_keywords(staged, folder, keywords));
    if (keywords.left_out_count == 0) continue;
    std::string names;
    for (const std::string& each : keywords.left_out) (names += names.empty() ? "" : ", ") += each;
    warnings_.push_back(folder.str() + ": " + std::to_string(kMaxKeywords) +
                        " keywords are all that a Maildir can hold, " +
                        std::to_string(keywords.left_out_count) +
                        " more were left out of messages: " + names);
  }
  const WrittenState written = LBX_TRY(WrittenState::read(staged.log));
  LBX_TRY(numbers_.finish(staged, written, warnings_));
  return subscribe_new_folders(*system_, *locks_, staged, SubscriptionForm::Dovecot);
}

Result<void> DovecotKeeper::finish_keywords(const Staged& staged, const FolderName& folder,
                                            Keywords& keywords) {
  if (keywords.table.empty()) return {};
  if (LBX_TRY(is_in_target(system_->files, staged.target, path_in(folder, "cur")))) {
    return add_to_target(staged, folder, keywords);
  }
  return replace_file(system_->files, staged.root, path_in(folder, kDovecotKeywordsFile),
                      keywords.table.str(), kServerFileMode);
}

/// Dovecot writes its keywords while it holds the lock of the list, and one of their own.
Result<void> DovecotKeeper::add_to_target(const Staged& staged, const FolderName& folder,
                                          Keywords& keywords) {
  FileOps& files = system_->files;
  const UniqueFd dir =
      LBX_TRY(files.open_at(staged.target, path_in(folder, "."), O_RDONLY | O_DIRECTORY));
  const DotLock list = LBX_TRY(lock(dir.get(), kDovecotUidlistFile));
  const DotLock own = LBX_TRY(lock(dir.get(), kDovecotKeywordsFile));
  const DovecotKeywords before = LBX_TRY(read_keywords(files, dir.get()));
  DovecotKeywords after = before;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string keyword{keywords.table.name_of(letter)};
    if (keyword.empty() || after.add(keyword)) continue;
    ++keywords.left_out_count;
    keywords.left_out.insert(keyword);
  }
  LBX_TRY(rename_staged(staged, folder, keywords.table, after));
  if (after == before) return {};
  return write_keywords(files, dir.get(), after);
}

/// What is done under it is done by one rename: so it is stale as soon as its process is dead.
Result<DotLock> DovecotKeeper::lock(int folder, const char* file) {
  LockWait wait{*locks_, kMboxLockTimeout};
  std::optional<DotLock> lock =
      LBX_TRY(DotLock::acquire(*system_, *locks_, folder, file, wait, LockMode::Shared));
  if (!lock) return Error::later(std::string{file} + ".lock is in the way");
  return std::move(*lock);
}

/// What the names of the messages say follows from the log, not from the names: so it does not
/// matter how far an interrupted run has come.
Result<void> DovecotKeeper::rename_staged(const Staged& staged, const FolderName& folder,
                                          const DovecotKeywords& from, const DovecotKeywords& to) {
  FileOps& files = system_->files;
  if (have_same_letters(from, to)) return {};
  std::map<std::uint64_t, std::string> wanted;
  LBX_TRY(staged.log.for_each([&](const StagedMessage& message) {
    if (message.folder != folder || message.keywords.empty()) return;
    std::string& letters = wanted[message.bits];
    for (const std::string& each : message.keywords) {
      const auto keyword = keyword_of(each);
      const auto letter =
          keyword && from.letter_of(*keyword) ? to.letter_of(*keyword) : std::nullopt;
      if (letter) letters += *letter;
    }
  }));
  const UniqueFd cur = LBX_TRY(files.open_at(staged.root, path_in(folder, "cur"), O_RDONLY));
  for (const DirectoryEntry& each : LBX_TRY(files.list(cur.get(), "."))) {
    const auto bits = name_bits_in(each.name);
    const auto found = bits ? wanted.find(*bits) : wanted.end();
    const std::size_t info = each.name.find(":2,");
    if (found == wanted.end() || info == std::string::npos) continue;
    MaildirFlags flags{found->second};
    for (const char letter : each.name.substr(info + 3)) {
      if (letter < 'a' || letter > 'z') flags.add(letter);
    }
    const std::string name = each.name.substr(0, info + 3) + flags.str();
    if (name != each.name) LBX_TRY(files.rename_at(cur.get(), each.name, cur.get(), name));
  }
  return files.sync(cur.get());
}

}  // namespace lbx::convert
