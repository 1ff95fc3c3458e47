// SPDX-License-Identifier: MIT
#include "convert/import_record.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <utility>

#include "convert/record_lines.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/line_scanner.h"

namespace lbx::convert {
namespace {

constexpr mode_t kRecordMode = 0600;
constexpr std::string_view kHeader = "letterbox-imports 1";
std::int64_t signed_number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

/// Reads the lines; what it has understood up to the last commit is what counts.
class ImportRecord::Parser {
 public:
  Parser() = default;
  Parser(const std::function<void(const Entry&)>& visit, std::uint64_t pending_from)
      : visit_{&visit}, pending_from_{pending_from} {}

  /// False from the first line on that is none of ours, or not whole.
  bool take(const ScannedLine& line) {
    intact_ = intact_ && take_intact(line);
    return intact_;
  }

  std::uint64_t committed{0};
  Phase phase{Phase::None};
  std::string fingerprint;
  std::int64_t started{0};
  std::uint64_t import_begin{0};
  std::uint64_t pending{0};
  std::string source;
  std::map<std::string, Progress> sources;
  std::map<std::string, Progress> before;

 private:
  bool take_intact(const ScannedLine& line) {
    at_ += line.length;
    if (!line.ended || !line.whole()) return false;
    const std::string_view text = line.text.substr(0, line.text.size() - 1);
    const auto digest = MessageDigest::parse(text);
    if (digest) {
      take_message(*digest);
      return true;
    }
    const auto command = without_check(text);
    return command && take_command(ascii::split(*command, ' '));
  }

  void take_message(const MessageDigest& digest) {
    if (visit_ != nullptr) {
      (*visit_)({source, seen_[source], digest, at_ > pending_from_});
      ++seen_[source];
    }
    ++uncommitted_;
  }

  bool take_command(const std::vector<std::string_view>& words) {
    const std::string_view verb = words.front();
    if (verb == "import" && words.size() == 3) {
      import_begin = committed;
      phase = Phase::Building;
      fingerprint = words[1];
      started = signed_number(words[2]);
      pending = 0;
      before = sources;
    } else if (verb == "source" && words.size() == 2) {
      source = unescape_word(words[1]);
    } else if (verb == "mark" && words.size() == 4) {
      sources[source] = {ascii::parse_number(words[1]).value_or(0), signed_number(words[2]),
                         std::string{words[3]}};
      pending += std::exchange(uncommitted_, 0);
    } else if (verb == "publish" || verb == "done") {
      phase = verb == "publish" ? Phase::Publishing : Phase::None;
      if (phase == Phase::None) pending = 0;
    } else if (at_ != kHeader.size() + kRecordCheckOctets + 1) {
      return false;
    }
    committed = verb == "source" ? committed : at_;
    return true;
  }

  const std::function<void(const Entry&)>* visit_{nullptr};
  std::uint64_t pending_from_{0};
  bool intact_{true};
  std::map<std::string, std::uint64_t> seen_;
  std::uint64_t at_{0};
  std::uint64_t uncommitted_{0};
};

Result<ImportRecord> ImportRecord::open(FileOps& files, LockOps& locks, int dir) {
  UniqueFd file = LBX_TRY(files.open_at(dir, kName, O_RDWR | O_CREAT | O_APPEND, kRecordMode));
  const bool locked = LBX_TRY(locks.try_lock(file.get(), KernelLock::Fcntl, LockMode::Exclusive));
  if (!locked) return Error::later("another import into this Maildir is under way");
  ImportRecord record{files, std::move(file)};
  LBX_TRY(record.load());
  LBX_TRY(files.truncate(record.fd(), record.committed_));
  if (record.committed_ == 0) LBX_TRY(record.append(checked_line(std::string{kHeader})));
  return record;
}

Result<ImportRecord> ImportRecord::look(FileOps& files, int dir) {
  Result<UniqueFd> file = files.open_at(dir, kName, O_RDONLY);
  if (!file && file.error().os_error == ENOENT) return none(files);
  if (!file) return file.error();
  ImportRecord record{files, std::move(*file)};
  LBX_TRY(record.load());
  return record;
}

Result<void> ImportRecord::load() {
  Parser parser;
  LineScanner lines{kMaxRecordLine};
  LBX_TRY(for_each_chunk(*files_, fd(), [&](std::string_view chunk) -> Result<void> {
    static_cast<void>(
        lines.feed(chunk, [&](const ScannedLine& line) { return parser.take(line); }));
    return {};
  }));
  committed_ = parser.committed;
  phase_ = parser.phase;
  fingerprint_ = std::move(parser.fingerprint);
  started_ = parser.started;
  import_begin_ = parser.import_begin;
  pending_messages_ = parser.pending;
  current_source_.clear();  // the next one is named again
  sources_ = std::move(parser.sources);
  before_ = std::move(parser.before);
  return {};
}

Result<void> ImportRecord::append(const std::string& lines) {
  LBX_TRY(write_all(*files_, fd(), lines));
  LBX_TRY(files_->sync(fd()));
  committed_ += lines.size();
  return {};
}

const ImportRecord::Progress* ImportRecord::find(const std::string& source) const {
  const auto found = sources_.find(source);
  return found == sources_.end() ? nullptr : &found->second;
}

const ImportRecord::Progress* ImportRecord::find_before(const std::string& source) const {
  if (phase_ == Phase::None) return find(source);
  const auto found = before_.find(source);
  return found == before_.end() ? nullptr : &found->second;
}

Result<void> ImportRecord::begin(const std::string& fingerprint, std::int64_t seconds) {
  const std::uint64_t begin = committed_;
  LBX_TRY(append(checked_line("import " + fingerprint + ' ' + std::to_string(seconds))));
  import_begin_ = begin;
  phase_ = Phase::Building;
  fingerprint_ = fingerprint;
  started_ = seconds;
  pending_messages_ = 0;
  before_ = sources_;
  return {};
}

Result<void> ImportRecord::checkpoint(const std::string& source, const Progress& progress,
                                      const std::vector<MessageDigest>& added) {
  std::string lines;
  if (current_source_ != source) lines += checked_line("source " + escape_word(source));
  for (const MessageDigest& each : added) lines += each.str() + '\n';
  lines += checked_line("mark " + std::to_string(progress.messages) + ' ' +
                        std::to_string(progress.last_seconds) + ' ' + progress.place);
  LBX_TRY(append(lines));
  current_source_ = source;
  sources_[source] = progress;
  pending_messages_ += added.size();
  return {};
}

Result<void> ImportRecord::publishing() {
  LBX_TRY(append(checked_line("publish")));
  phase_ = Phase::Publishing;
  return {};
}

Result<void> ImportRecord::done() {
  LBX_TRY(append(checked_line("done")));
  phase_ = Phase::None;
  pending_messages_ = 0;
  return {};
}

Result<void> ImportRecord::discard() {
  if (phase_ == Phase::None) return {};
  LBX_TRY(files_->truncate(fd(), import_begin_));
  return load();
}

Result<void> ImportRecord::for_each(const std::function<void(const Entry&)>& visit) const {
  if (!file_) return {};
  const bool pending = phase_ != Phase::None;
  Parser parser{visit, pending ? import_begin_ : committed_};
  LineScanner lines{kMaxRecordLine};
  std::uint64_t left = committed_;  // what is not committed is not told
  return for_each_chunk(*files_, fd(), [&](std::string_view chunk) -> Result<void> {
    chunk = chunk.substr(0, left);
    left -= chunk.size();
    static_cast<void>(
        lines.feed(chunk, [&](const ScannedLine& line) { return parser.take(line); }));
    return {};
  });
}

}  // namespace lbx::convert
