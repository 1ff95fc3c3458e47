// SPDX-License-Identifier: MIT
#include "queue/old_queue.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx::queue {
namespace {

/// The text up to the next NUL, and behind it; nothing where there is no NUL.
std::optional<std::string_view> next_record(std::string_view& text) {
  const std::size_t end = text.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view record = text.substr(0, end);
  text.remove_prefix(end + 1);
  return record;
}

template <typename T>
T number_or_zero(std::string_view text) {
  const std::optional<std::uint64_t> number = ascii::parse_number(text);
  const bool fits = number && *number <= static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  return fits ? static_cast<T>(*number) : T{0};
}

Result<void> take_record(std::string_view record, OldEnvelope& out) {
  const std::string_view value = record.substr(1);
  switch (record[0]) {
    case 'u':
      out.uid = number_or_zero<uid_t>(value);
      return {};
    case 'p':
      out.pid = number_or_zero<pid_t>(value);
      return {};
    case 'F':
      out.sender = value;
      return {};
    case 'T':
      out.recipients.emplace_back(value);
      return {};
    default:
      return Error::later("unknown record type in the envelope");
  }
}

bool is_number(std::string_view text) {
  return ascii::parse_number(text).has_value();
}

Error missing(std::uint64_t number, const std::string& what) {
  return Error::later("message " + std::to_string(number) + ": " + what);
}

/// Like "mess/3/123": the same below another folder.
std::string beside(const std::string& info, const std::string& folder) {
  return folder + info.substr(info.find('/'));
}

}  // namespace

Result<OldEnvelope> parse_old_envelope(std::string_view text) {
  OldEnvelope out;
  bool has_sender = false;
  while (!text.empty()) {
    const std::optional<std::string_view> record = next_record(text);
    if (!record) return Error::later("the envelope has no end");
    if (record->empty()) continue;  // qmail-queue may leave one at the end
    LBX_TRY(take_record(*record, out));
    has_sender = has_sender || record->front() == 'F';
  }
  if (!has_sender) return Error::later("the envelope has no sender");
  return out;
}

Result<std::vector<OldRecipient>> parse_old_recipients(std::string_view text, Channel channel) {
  std::vector<OldRecipient> out;
  while (!text.empty()) {
    const std::optional<std::string_view> record = next_record(text);
    if (!record) return Error::later("the list of recipients has no end");
    if (record->empty() || (record->front() != 'T' && record->front() != 'D')) {
      return Error::later("unknown record type in the list of recipients");
    }
    out.push_back({channel, std::string{record->substr(1)}, record->front() == 'D'});
  }
  return out;
}

std::vector<OldFailure> parse_old_failures(std::string_view text) {
  std::vector<OldFailure> out;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    std::string_view paragraph = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
    while (paragraph.starts_with('\n')) paragraph.remove_prefix(1);
    while (paragraph.ends_with('\n')) paragraph.remove_suffix(1);
    if (paragraph.empty()) continue;
    const std::string_view line = paragraph.substr(0, paragraph.find('\n'));
    if (line.starts_with('<') && line.ends_with(">:")) {
      std::string_view report = paragraph.substr(line.size());
      if (report.starts_with('\n')) report.remove_prefix(1);
      out.push_back({std::string{line.substr(1, line.size() - 3)}, std::string{report}});
    } else if (out.empty()) {
      out.push_back({"", std::string{paragraph}});
    } else {
      (out.back().report += '\n') += paragraph;
    }
  }
  return out;
}

OldOrigin parse_old_origin(std::string_view received) {
  constexpr std::string_view kBegin = "Received: (qmail ";
  constexpr std::string_view kUid = " invoked by uid ";
  OldOrigin out;
  if (!received.starts_with(kBegin)) return out;
  received.remove_prefix(kBegin.size());
  out.pid = number_or_zero<pid_t>(received.substr(0, received.find(' ')));
  const std::size_t uid = received.find(kUid);
  if (uid == std::string_view::npos) return out;
  received.remove_prefix(uid + kUid.size());
  out.uid = number_or_zero<uid_t>(received.substr(0, received.find(')')));
  return out;
}

Result<OldQueue> OldQueue::open(FileOps& files, const std::string& path) {
  UniqueFd directory = LBX_TRY(files.open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY));
  Result<UniqueFd> lock = files.open_at(directory.get(), "lock/sendmutex", O_WRONLY);
  if (!lock && lock.error().os_error == ENOENT) {
    return Error::later(path + " is no queue of qmail's: it has no lock/sendmutex");
  }
  UniqueFd held = LBX_TRY(std::move(lock));
  if (::flock(held.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return Error::from_errno(errno, path + "/lock/sendmutex");
    return Error::later(path + ": qmail-send is running there; stop it first");
  }
  OldQueue out{files, std::move(directory), std::move(held)};
  LBX_TRY(out.look());
  return out;
}

Result<void> OldQueue::look() {
  LBX_TRY(look_into("mess", &Places::message));
  LBX_TRY(look_into("info", &Places::info));
  return look_into("todo", &Places::todo);
}

Result<void> OldQueue::look_into(const std::string& folder, std::string Places::*place) {
  for (const DirectoryEntry& each : LBX_TRY(files_->list(directory_.get(), folder))) {
    if (!is_number(each.name)) continue;
    const std::string path = folder + '/' + each.name;
    const struct stat status = LBX_TRY(files_->stat_at(directory_.get(), path));
    if (!S_ISDIR(status.st_mode)) {
      places_[*ascii::parse_number(each.name)].*place = path;
      continue;
    }
    const std::vector<DirectoryEntry> names = LBX_TRY(files_->list(directory_.get(), path));
    for (const DirectoryEntry& inner : names) {
      const std::optional<std::uint64_t> number = ascii::parse_number(inner.name);
      if (number) places_[*number].*place = path + '/' + inner.name;
    }
  }
  return {};
}

std::vector<std::uint64_t> OldQueue::numbers() const {
  std::vector<std::uint64_t> out;
  for (const auto& [number, places] : places_) {
    if (!places.info.empty() || !places.todo.empty()) out.push_back(number);
  }
  return out;
}

Result<std::string> OldQueue::text_of(const std::string& path, std::size_t limit) const {
  const UniqueFd file = LBX_TRY(files_->open_at(directory_.get(), path, O_RDONLY | O_NOFOLLOW));
  return read_whole(*files_, file.get(), limit, path);
}

Result<OldMessage> OldQueue::read(std::uint64_t number) const {
  const auto found = places_.find(number);
  if (found == places_.end()) return missing(number, "there is none");
  const Places& places = found->second;
  if (places.message.empty()) return missing(number, "its text is missing, mess/ has no such file");
  OldMessage out;
  out.number = number;
  const struct stat status = LBX_TRY(files_->stat_at(directory_.get(), places.message));
  out.size = static_cast<std::uint64_t>(status.st_size);
  out.written = status.st_mtime;
  // A message in todo/ is classified anew by qmail-send, whatever is there already.
  out.classified = places.todo.empty();
  LBX_TRY(out.classified ? read_classified(places, out) : read_unclassified(places, out));
  return out;
}

Result<void> OldQueue::read_unclassified(const Places& places, OldMessage& message) const {
  const struct stat status = LBX_TRY(files_->stat_at(directory_.get(), places.todo));
  const std::string text = LBX_TRY(text_of(places.todo, kMaxOldEnvelope));
  OldEnvelope envelope = LBX_TRY(parse_old_envelope(text));
  message.born = status.st_mtime;
  message.sender = std::move(envelope.sender);
  message.uid = envelope.uid;
  message.pid = envelope.pid;
  for (std::string& each : envelope.recipients) {
    message.recipients.push_back({Channel::Local, std::move(each), false});
  }
  return {};
}

Result<void> OldQueue::read_classified(const Places& places, OldMessage& message) const {
  const struct stat status = LBX_TRY(files_->stat_at(directory_.get(), places.info));
  const std::string text = LBX_TRY(text_of(places.info, kMaxOldEnvelope));
  OldEnvelope envelope = LBX_TRY(parse_old_envelope(text));
  message.born = status.st_mtime;
  message.sender = std::move(envelope.sender);
  const UniqueFd body = LBX_TRY(open_message(message.number));
  std::string head(kMaxReceivedLine, '\0');
  head.resize(LBX_TRY(files_->read(body.get(), head.data(), head.size())));
  const OldOrigin origin = parse_old_origin(head.substr(0, head.find('\n')));
  message.uid = origin.uid;
  message.pid = origin.pid;
  message.due_local =
      LBX_TRY(read_recipients(beside(places.info, "local"), Channel::Local, message));
  message.due_remote =
      LBX_TRY(read_recipients(beside(places.info, "remote"), Channel::Remote, message));

  const std::string bounce = "bounce/" + std::to_string(message.number);
  const Result<struct stat> failed = files_->stat_at(directory_.get(), bounce);
  if (!failed) {
    if (failed.error().os_error == ENOENT) return {};
    return failed.error();
  }
  message.failed = failed->st_mtime;
  message.failures = parse_old_failures(LBX_TRY(text_of(bounce, kMaxOldFailures)));
  return {};
}

/// The value is when they are due; 0 where there are none.
Result<std::int64_t> OldQueue::read_recipients(const std::string& path, Channel channel,
                                               OldMessage& message) const {
  const Result<struct stat> status = files_->stat_at(directory_.get(), path);
  if (!status) {
    if (status.error().os_error == ENOENT) return std::int64_t{0};
    return status.error();
  }
  const std::string text = LBX_TRY(text_of(path, kMaxOldEnvelope));
  const std::vector<OldRecipient> all = LBX_TRY(parse_old_recipients(text, channel));
  message.recipients.insert(message.recipients.end(), all.begin(), all.end());
  return std::int64_t{status->st_mtime};
}

Result<UniqueFd> OldQueue::open_message(std::uint64_t number) const {
  return files_->open_at(directory_.get(), places_.at(number).message, O_RDONLY | O_NOFOLLOW);
}

Result<void> OldQueue::remove(std::uint64_t number) const {
  const Places& places = places_.at(number);
  const std::string name = std::to_string(number);
  // Without todo/N and bounce/N qmail-send has nothing to begin or to report any more; without
  // info/N it does not know the message; what is then left in mess/ qmail-clean removes.
  std::vector<std::string> paths{places.todo, "bounce/" + name};
  if (!places.info.empty()) {
    paths.insert(paths.end(),
                 {beside(places.info, "local"), beside(places.info, "remote"), places.info});
  }
  if (!places.todo.empty()) paths.push_back(beside(places.todo, "intd"));
  paths.push_back(places.message);
  for (const std::string& each : paths) {
    if (each.empty()) continue;
    Result<void> removed = files_->unlink_at(directory_.get(), each);
    if (!removed && removed.error().os_error != ENOENT) return removed;
  }
  return {};
}

}  // namespace lbx::queue
