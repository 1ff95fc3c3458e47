// SPDX-License-Identifier: MIT
#include "pop3d/scan.h"

#include <fcntl.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <limits>
#include <optional>
#include <system_error>
#include <thread>
#include <tuple>
#include <vector>

#include "core/base/io.h"
#include "core/message/line_endings.h"
#include "pop3d/name_index.h"
#include "pop3d/open_flags.h"
#include "pop3d/sizes.h"

namespace lbx::pop3d {
namespace {

/// Fewer messages to measure are not worth a thread.
constexpr std::size_t kParallelFrom = 512;
/// Messages that a thread takes at once.
constexpr std::size_t kShare = 64;
class Scanner {
 public:
  Scanner(System& system, int maildir, const ScanOptions& options, const IndexFile* index)
      : system_{system}, maildir_{maildir}, options_{options}, index_{index} {}

  Result<Scan> run();

 private:
  enum class State : std::uint8_t { Unknown, Measured, Known, Gone, NoMessage };
  struct Facts {
    State state;
    bool regular;  // for sure
    std::int64_t time;
    std::uint64_t inode;
  };

  Result<void> list(bool only_new_ones);
  Result<void> enter(MaildirPlace::Folder folder, const ListedName& name);
  bool recall(std::size_t message);
  void believe_name(std::size_t message);
  /// What one thread needs again and again.
  struct Work {
    std::string name;
    std::string buffer;
  };

  Result<void> measure_all();
  void measure_some(const std::vector<std::uint32_t>& todo, std::atomic<std::size_t>& next);
  void measure(std::size_t message, Work& work);
  bool measure_known(std::size_t message, int file, std::string& buffer);
  std::optional<std::uint64_t> count_octets(int file, std::uint64_t most, std::string& buffer);
  Result<NameIndex> index_names();
  void drop_one_of(std::size_t first, std::size_t second);
  bool is_there(std::size_t message);
  bool there(std::size_t message) const {
    return facts_[message].state != State::Gone && facts_[message].state != State::NoMessage;
  }
  std::optional<timespec> changed_at();
  Scan arranged();

  System& system_;
  int maildir_;
  ScanOptions options_;
  const IndexFile* index_;
  bool local_{false};
  UniqueFd new_;  // while messages are measured: names need not be looked up through the Maildir
  UniqueFd cur_;
  std::size_t as_indexed_{0};  // messages whose files are as the index says
  FoundMessages table_;
  std::vector<Facts> facts_;  // one for each message of the table
};

Result<Scan> Scanner::run() {
  const std::optional<timespec> before = changed_at();
  LBX_TRY(list(false));
  LBX_TRY(measure_all());
  static_cast<void>(LBX_TRY(index_names()));
  const std::optional<timespec> after = changed_at();
  const bool stirred =
      !before || !after || before->tv_sec != after->tv_sec || before->tv_nsec != after->tv_nsec;
  const bool lost =
      std::ranges::any_of(facts_, [](const Facts& facts) { return facts.state == State::Gone; });
  if (lost || stirred) {  // somebody renames files: they may have been missed
    LBX_TRY(list(true));
    LBX_TRY(measure_all());
    static_cast<void>(LBX_TRY(index_names()));
  }
  return arranged();
}

std::optional<timespec> Scanner::changed_at() {
  const Result<struct stat> status = system_.files.stat_at(maildir_, "cur");
  if (!status) return std::nullopt;
  return status->st_mtim;
}

Result<void> Scanner::list(bool only_new_ones) {
  NameIndex known{0};
  if (only_new_ones) known = LBX_TRY(index_names());
  const auto is_base = [this](std::uint32_t message, std::string_view name) {
    return table_.base(message) == name;
  };
  for (const auto folder : {MaildirPlace::Folder::New, MaildirPlace::Folder::Cur}) {
    Result<void> entered;
    LBX_TRY(system_.files.each_name(
        maildir_, folder == MaildirPlace::Folder::New ? "new" : "cur", [&](const ListedName& name) {
          if (!entered || name.is_directory || !FoundMessages::is_message_name(name.name)) return;
          const std::string_view base = name.name.substr(0, name.name.find(':'));
          if (only_new_ones && known.find(base, is_base)) return;
          entered = enter(folder, name);
        }));
    LBX_TRY(std::move(entered));
  }
  return {};
}

Result<void> Scanner::enter(MaildirPlace::Folder folder, const ListedName& name) {
  LBX_TRY(table_.add(folder, name.name));
  facts_.push_back({State::Unknown, name.is_regular, 0, name.inode});
  if (!recall(facts_.size() - 1) && options_.use_names) believe_name(facts_.size() - 1);
  return {};
}

bool Scanner::recall(std::size_t message) {
  const std::optional<std::uint32_t> known =
      index_ == nullptr ? std::nullopt : index_->find(table_.base(message));
  if (!known) return false;
  const IndexParts& parts = index_->parts();
  const MessageRow& row = parts.rows[*known];
  const bool in_place = row.is(MessageRow::InCur) == table_.row(message).is(MessageRow::InCur);
  if (in_place && parts.names.substr(row.name, row.size) == table_.file_name(message)) {
    ++as_indexed_;
  }
  const bool named = row.is(MessageRow::NamedSize);
  if (row.is(MessageRow::SharesBase) || (named && !options_.trust_names)) return false;
  facts_[message].state = State::Known;
  facts_[message].time = parts.times[*known];
  named ? table_.set_named_octets(message, row.octets) : table_.set_octets(message, row.octets);
  return true;
}

void Scanner::believe_name(std::size_t message) {
  if (!options_.trust_names) return;
  const std::string_view base = table_.base(message);
  const std::optional<std::uint64_t> octets = octets_in_name(base);
  const std::optional<std::int64_t> time = octets ? time_in_name(base) : std::nullopt;
  if (!time) return;
  facts_[message].state = State::Known;
  facts_[message].time = *time;
  table_.set_named_octets(message, *octets);
}

Result<void> Scanner::measure_all() {
  std::vector<std::uint32_t> todo;
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (facts_[i].state == State::Unknown) todo.push_back(static_cast<std::uint32_t>(i));
  }
  if (todo.empty()) return {};
  new_ = LBX_TRY(system_.files.open_at(maildir_, "new", O_RDONLY | O_DIRECTORY));
  cur_ = LBX_TRY(system_.files.open_at(maildir_, "cur", O_RDONLY | O_DIRECTORY));
  const Result<FileSystemKind> kind = system_.files.file_system(maildir_);
  local_ = kind && *kind == FileSystemKind::Local;
  std::ranges::stable_sort(todo, {}, [this](std::uint32_t i) { return facts_[i].inode; });

  std::atomic<std::size_t> next{0};
  std::vector<std::thread> helpers;
  const unsigned threads = todo.size() < kParallelFrom ? 1 : options_.threads;
  try {  // std::thread throws where the limit of processes is reached: then fewer must do
    while (helpers.size() + 1 < threads) {
      helpers.emplace_back([&] { measure_some(todo, next); });
    }
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): see above
  }
  measure_some(todo, next);
  for (std::thread& helper : helpers) helper.join();
  return {};
}

void Scanner::measure_some(const std::vector<std::uint32_t>& todo, std::atomic<std::size_t>& next) {
  Work work;
  for (;;) {
    const std::size_t from = next.fetch_add(kShare);
    if (from >= todo.size()) return;
    const std::size_t to = std::min(from + kShare, todo.size());
    for (std::size_t i = from; i < to; ++i) measure(todo[i], work);
  }
}

void Scanner::measure(std::size_t message, Work& work) {
  FileOps& files = system_.files;
  Facts& facts = facts_[message];
  const int folder = table_.folder(message) == MaildirPlace::Folder::Cur ? cur_.get() : new_.get();
  work.name = table_.file_name(message);
  const Result<UniqueFd> file = files.open_at(folder, work.name, kOpenFlags);
  facts.state = State::Gone;
  if (!file && is_missing(file.error())) return;
  if (file && measure_known(message, file->get(), work.buffer)) return;
  // One that may not be read is a message too: it can be removed.
  const Result<struct stat> status =
      file ? files.stat_fd(file->get()) : files.stat_at(folder, work.name);
  if (!status && is_missing(status.error())) return;
  facts.state = State::NoMessage;
  if (!status || !S_ISREG(status->st_mode)) return;
  const bool young = status->st_mtim.tv_sec >= system_.clock.now().seconds;
  if (young && options_.dialect == Dialect::Qmail) return;

  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::optional<std::int64_t> named =
      options_.use_names ? time_in_name(table_.base(message)) : std::nullopt;
  facts.state = State::Measured;
  facts.time = named.value_or(status->st_mtim.tv_sec * kSecond + status->st_mtim.tv_nsec);
  // What cannot be read nobody will get by RETR either.
  const auto size = static_cast<std::uint64_t>(status->st_size);
  const std::optional<std::uint64_t> octets =
      file ? count_octets(file->get(), size, work.buffer) : std::nullopt;
  table_.set_octets(message, octets.value_or(size));
}

/// Without a look at what the folder and the name have told already.
bool Scanner::measure_known(std::size_t message, int file, std::string& buffer) {
  if (!facts_[message].regular || !options_.use_names) return false;
  const std::optional<std::int64_t> time = time_in_name(table_.base(message));
  if (!time) return false;
  const std::optional<std::uint64_t> octets =
      count_octets(file, std::numeric_limits<std::uint64_t>::max(), buffer);
  if (!octets) return false;
  facts_[message].state = State::Measured;
  facts_[message].time = *time;
  table_.set_octets(message, *octets);
  return true;
}

std::optional<std::uint64_t> Scanner::count_octets(int file, std::uint64_t most,
                                                   std::string& buffer) {
  buffer.resize(kIoChunk);
  OctetCounter counter;
  while (counter.stored() < most) {
    const Result<std::size_t> got = system_.files.read(file, buffer.data(), buffer.size());
    if (!got) return std::nullopt;
    counter.add({buffer.data(), *got});
    // read(2) gives less than it could only at the end of a file, where the file system is local.
    if (*got == 0 || (local_ && *got < buffer.size())) break;
  }
  return counter.on_wire();
}

/// The messages by their base names. A message that was moved while the folders were listed has
/// come twice: then one of the two goes.
Result<NameIndex> Scanner::index_names() {
  NameIndex index{facts_.size()};
  const auto is_base = [this](std::uint32_t message, std::string_view name) {
    return table_.base(message) == name;
  };
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (!there(i)) continue;
    const auto other = index.add(table_.base(i), static_cast<std::uint32_t>(i), is_base);
    if (!other) continue;
    drop_one_of(*other, i);
    if (there(*other) && there(i)) {
      table_.set_shares_base(*other);
      table_.set_shares_base(i);
    }
  }
  return index;
}

void Scanner::drop_one_of(std::size_t first, std::size_t second) {
  if (!is_there(second)) {
    facts_[second].state = State::NoMessage;
  } else if (!is_there(first)) {
    facts_[first].state = State::NoMessage;
  }
}

bool Scanner::is_there(std::size_t message) {
  const auto status = system_.files.stat_at(maildir_, table_.path(message), AT_SYMLINK_NOFOLLOW);
  return status || !is_missing(status.error());
}

Scan Scanner::arranged() {
  struct Key {
    std::int64_t time;
    std::uint32_t message;
  };
  std::vector<Key> keys;
  keys.reserve(facts_.size());
  for (std::size_t i = 0; i < facts_.size(); ++i) {
    if (there(i)) keys.push_back({facts_[i].time, static_cast<std::uint32_t>(i)});
  }
  std::ranges::sort(keys, [this](const Key& a, const Key& b) {
    if (a.time != b.time) return a.time < b.time;
    return std::tuple{table_.base(a.message), table_.file_name(a.message)} <
           std::tuple{table_.base(b.message), table_.file_name(b.message)};
  });
  std::vector<std::uint32_t> order;
  order.reserve(keys.size());
  Scan scan;
  scan.times.reserve(keys.size());
  for (const Key& key : keys) {
    order.push_back(key.message);
    scan.times.push_back(key.time);
    if (facts_[key.message].state == State::Measured) ++scan.measured;
  }
  table_.arrange(order);
  scan.messages = std::move(table_);
  const std::size_t indexed = index_ == nullptr ? 0 : index_->parts().rows.size();
  scan.unlike_index = std::max(indexed, order.size()) - std::min(as_indexed_, order.size());
  return scan;
}

}  // namespace

Result<Scan> scan_folders(System& system, int maildir, const ScanOptions& options,
                          const IndexFile* index) {
  return Scanner{system, maildir, options, index}.run();
}

bool is_missing(const Error& error) {
  return error.os_error == ENOENT || error.os_error == ESTALE;
}

}  // namespace lbx::pop3d
