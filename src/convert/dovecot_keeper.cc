// SPDX-License-Identifier: MIT
#include "convert/dovecot_keeper.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "convert/maildir_files.h"
#include "convert/verify.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/maildir/flags.h"
#include "core/maildir/server_lines.h"

namespace lbx::convert {
namespace {

constexpr mode_t kFileMode = 0600;
/// Keywords that are named where there was no room for them.
constexpr std::size_t kNamedKeywords = 10;
constexpr std::array<const char*, 2> kVisible{"new", "cur"};

std::string below(const FolderName& folder, std::string_view name) {
  return std::string{"./"}.append(folder.directory()).append("/").append(name);
}

/// "" where there is no such file.
Result<std::string> read_if_there(FileOps& files, int dir, const std::string& path) {
  const Result<UniqueFd> file = files.open_at(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return std::string{};
  if (!file) return file.error();
  return read_whole(files, file->get(), kMaxKeywordsFile, path);
}

/// `target`: negative where there is none yet.
Result<bool> is_in_target(FileOps& files, int target, const std::string& path) {
  if (target < 0) return false;
  return exists(files, target, path);
}

/// Held as Dovecot holds it: by a file that only one can make.
class FileLock {
 public:
  static Result<FileLock> take(FileOps& files, LockOps& locks, int dir, std::string path) {
    LockWait wait{locks, kMboxLockTimeout};
    for (;;) {
      Result<UniqueFd> file = files.open_at(dir, path, O_WRONLY | O_CREAT | O_EXCL, kFileMode);
      if (file) return FileLock{files, dir, std::move(path), std::move(*file)};
      if (file.error().os_error != EEXIST) return file.error();
      if (!wait.again()) return Error::later(path + ": another program holds it");
    }
  }
  FileLock(FileLock&& other) noexcept
      : files_{other.files_},
        dir_{other.dir_},
        path_{std::move(other.path_)},
        file_{std::move(other.file_)},
        held_{std::exchange(other.held_, false)} {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock() {
    if (held_) static_cast<void>(files_->unlink_at(dir_, path_));
  }

  /// The lock becomes the file `path`, with this text, durably.
  Result<void> become(const std::string& path, std::string_view text) && {
    LBX_TRY(write_all(*files_, file_.get(), text));
    LBX_TRY(files_->sync(file_.get()));
    LBX_TRY(files_->rename_at(dir_, path_, dir_, path));
    held_ = false;
    return {};
  }

 private:
  FileLock(FileOps& files, int dir, std::string path, UniqueFd file)
      : files_{&files}, dir_{dir}, path_{std::move(path)}, file_{std::move(file)} {}
  FileOps* files_;
  int dir_;
  std::string path_;
  UniqueFd file_;
  bool held_{true};
};

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

/// After an interruption, what was noted behind the last checkpoint comes again: each source begins
/// anew somewhere, and what it gave from there on does not count.
class DovecotKeeper::Written {
 public:
  static Result<Written> read(const StateLog& log) {
    Written written;
    std::map<std::uint64_t, std::uint64_t> last;  // ordinal by source
    std::uint64_t line = 0;
    LBX_TRY(log.for_each([&](const StagedMessage& message) {
      const auto [place, first] = last.try_emplace(message.source, message.ordinal);
      if (!first && message.ordinal <= place->second) {
        written.restarts_.push_back({message.source, line, message.ordinal});
      }
      place->second = message.ordinal;
      ++line;
    }));
    return written;
  }

  /// Every message once, in order.
  Result<void> for_each(const StateLog& log,
                        const std::function<Result<void>(const StagedMessage&)>& visit) const {
    std::uint64_t line = 0;
    Result<void> outcome;
    LBX_TRY(log.for_each([&](const StagedMessage& message) {
      if (counts(message, line++) && outcome) outcome = visit(message);
    }));
    return outcome;
  }

 private:
  struct Restart {
    std::uint64_t source;
    std::uint64_t line;
    std::uint64_t ordinal;
  };
  bool counts(const StagedMessage& message, std::uint64_t line) const {
    return std::ranges::none_of(restarts_, [&](const Restart& each) {
      return each.source == message.source && each.line > line && each.ordinal <= message.ordinal;
    });
  }
  std::vector<Restart> restarts_;
};

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
  numbers_.clear();
  const Written written = LBX_TRY(Written::read(staged.log));
  LBX_TRY(take_numbers(staged, written));
  judge_numbers();
  return write_lists(staged, written);
}

Result<void> DovecotKeeper::finish_keywords(const Staged& staged, const FolderName& folder,
                                            Keywords& keywords) {
  if (keywords.table.empty()) return {};
  if (LBX_TRY(is_in_target(system_->files, staged.target, below(folder, "cur")))) {
    return add_to_target(staged, folder, keywords);
  }
  return replace_file(system_->files, staged.root, below(folder, kDovecotKeywordsFile),
                      keywords.table.str(), kFileMode);
}

/// Dovecot writes its keywords while it holds the lock of the list, and the new file is the lock of
/// the old one.
Result<void> DovecotKeeper::add_to_target(const Staged& staged, const FolderName& folder,
                                          Keywords& keywords) {
  FileOps& files = system_->files;
  const UniqueFd dir =
      LBX_TRY(files.open_at(staged.target, below(folder, "."), O_RDONLY | O_DIRECTORY));
  const FileLock list = LBX_TRY(FileLock::take(files, *locks_, dir.get(), kDovecotUidlistLock));
  const std::string name = kDovecotKeywordsFile;
  FileLock lock = LBX_TRY(FileLock::take(files, *locks_, dir.get(), name + ".lock"));
  const DovecotKeywords before =
      DovecotKeywords::parse(LBX_TRY(read_if_there(files, dir.get(), name)));
  DovecotKeywords after = before;
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    const std::string keyword{keywords.table.name_of(letter)};
    if (keyword.empty() || after.add(keyword)) continue;
    ++keywords.left_out_count;
    keywords.left_out.insert(keyword);
  }
  LBX_TRY(rename_staged(staged, folder, keywords.table, after));
  if (after == before) return {};
  LBX_TRY(std::move(lock).become(name, after.str()));
  return files.sync(dir.get());
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
  const UniqueFd cur = LBX_TRY(files.open_at(staged.root, below(folder, "cur"), O_RDONLY));
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

Result<void> DovecotKeeper::take_numbers(const Staged& staged, const Written& written) {
  return written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    const auto [place, first] = numbers_.try_emplace(message.folder);
    Numbers& numbers = place->second;
    if (first) {
      numbers.skip = LBX_TRY(
          is_in_target(system_->files, staged.target, below(message.folder, kDovecotUidlistFile)));
    }
    ++numbers.count;
    if (is_pop3_id(message.uidl)) {
      numbers.id_digests.push_back(std::hash<std::string_view>{}(message.uidl));
    }
    if (!message.uid || !message.uid_validity) return {};
    ++numbers.numbered;
    const bool ascends = *message.uid > numbers.highest;
    const bool same = numbers.validity == 0 || numbers.validity == *message.uid_validity;
    numbers.usable = numbers.usable && ascends && same;
    numbers.validity = *message.uid_validity;
    numbers.highest = std::max(numbers.highest, *message.uid);
    numbers.last_known = std::max(numbers.last_known, message.last_uid);
    return {};
  });
}

/// Decides whether a folder keeps its numbers, and leaves of the ids those that come twice.
void DovecotKeeper::judge_numbers() {
  for (auto& [folder, numbers] : numbers_) {
    const std::uint32_t last = std::max(numbers.highest, numbers.last_known);
    numbers.usable =
        numbers.usable && numbers.numbered > 0 && last < std::numeric_limits<std::uint32_t>::max();
    if (numbers.numbered > 0 && numbers.skip) {
      warnings_.push_back(folder.str() + ": there is a " + kDovecotUidlistFile +
                          " already, so the messages get new numbers (IMAP)");
    } else if (numbers.numbered > 0 && !numbers.usable) {
      warnings_.push_back(folder.str() +
                          ": X-UID and X-IMAPbase are at odds, so the messages get new numbers "
                          "(IMAP)");
    }
    std::vector<std::size_t>& digests = numbers.id_digests;
    std::ranges::sort(digests);
    std::vector<std::size_t> twice;
    for (std::size_t i = 1; i < digests.size(); ++i) {
      if (digests[i] == digests[i - 1]) twice.push_back(digests[i]);
    }
    if (!numbers.usable && digests.empty()) numbers.skip = true;  // nothing to say
    digests = std::move(twice);
    // Numbers of our own begin where nobody's are: a UIDVALIDITY of now.
    if (numbers.usable) continue;
    numbers.validity = static_cast<std::uint32_t>(system_->clock.now().seconds);
    numbers.highest = 0;
    numbers.last_known = 0;
  }
}

DovecotKeeper::Entry DovecotKeeper::entry_of(const StagedMessage& message, Numbers& numbers) {
  Entry entry{message.folder, message.bits, 0, {}};
  if (numbers.usable) {
    if (message.uid && message.uid_validity) entry.uid = *message.uid;
  } else {
    entry.uid = ++numbers.highest;
  }
  const std::size_t digest = std::hash<std::string_view>{}(message.uidl);
  const bool twice = std::ranges::binary_search(numbers.id_digests, digest);
  const bool free = !twice || numbers.ids_given.insert(digest).second;
  if (is_pop3_id(message.uidl) && free) entry.pop3_id = message.uidl;
  return entry;
}

Result<void> DovecotKeeper::write_lists(const Staged& staged, const Written& written) {
  FileOps& files = system_->files;
  for (const auto& [folder, numbers] : numbers_) {
    if (numbers.skip) continue;
    const std::uint32_t last =
        numbers.usable ? std::max(numbers.highest, numbers.last_known) : numbers.count;
    const UidlistHeader header{numbers.validity, last + 1, {}};
    LBX_TRY(replace_file(files, staged.root, below(folder, kDovecotUidlistFile), to_line(header),
                         kFileMode));
  }
  std::vector<Entry> entries;
  LBX_TRY(written.for_each(staged.log, [&](const StagedMessage& message) -> Result<void> {
    Numbers& numbers = numbers_[message.folder];
    if (numbers.skip) return {};
    Entry entry = entry_of(message, numbers);
    if (entry.uid == 0) return {};  // Dovecot gives it one behind the others
    entries.push_back(std::move(entry));
    return entries.size() < chunk_ ? Result<void>{} : write_entries(staged, entries);
  }));
  return write_entries(staged, entries);
}

/// Appends the lines of `entries`, whose messages have their last names, and forgets them.
Result<void> DovecotKeeper::write_entries(const Staged& staged, std::vector<Entry>& entries) {
  FileOps& files = system_->files;
  std::map<FolderName, std::vector<const Entry*>> by_folder;
  for (const Entry& each : entries) by_folder[each.folder].push_back(&each);
  for (const auto& [folder, mine] : by_folder) {
    std::vector<std::pair<std::uint64_t, std::string>> names;  // by the random part
    std::vector<std::uint64_t> bits;
    for (const Entry* each : mine) bits.push_back(each->bits);
    std::ranges::sort(bits);
    for (const char* place : kVisible) {
      LBX_TRY(files.each_name(staged.root, below(folder, place), [&](const ListedName& each) {
        const auto found = name_bits_in(each.name);
        if (found && std::ranges::binary_search(bits, *found)) {
          names.emplace_back(*found, base_of(each.name));
        }
      }));
    }
    std::ranges::sort(names);
    std::string lines;
    for (const Entry* each : mine) {
      const auto found = std::ranges::lower_bound(names, each->bits, {},
                                                  &std::pair<std::uint64_t, std::string>::first);
      if (found == names.end() || found->first != each->bits) continue;  // it is not staged
      lines += to_line(UidlistEntry{each->uid, found->second, {}, each->pop3_id, {}, {}, {}});
    }
    const UniqueFd list = LBX_TRY(
        files.open_at(staged.root, below(folder, kDovecotUidlistFile), O_WRONLY | O_APPEND));
    LBX_TRY(write_all(files, list.get(), lines));
    LBX_TRY(files.sync(list.get()));
  }
  entries.clear();
  return {};
}

}  // namespace lbx::convert
