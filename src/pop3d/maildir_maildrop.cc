// SPDX-License-Identifier: MIT
#include "pop3d/maildir_maildrop.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/digest.h"
#include "core/base/io.h"
#include "core/message/line_endings.h"

namespace lbx::pop3d {
namespace {

constexpr std::size_t kMaxId = 70;  // RFC 1939 section 7

// O_NONBLOCK: a FIFO that somebody put there must not hold the session up.
constexpr int kOpenFlags = O_RDONLY | O_NONBLOCK;

class MaildirFile final : public OpenMessage {
 public:
  MaildirFile(FileOps& files, UniqueFd file) : files_{&files}, file_{std::move(file)} {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    return files_->read(file_.get(), buffer, size);
  }

 private:
  FileOps* files_;
  UniqueFd file_;
};

bool may_be_id(const std::string& text) {
  return text.size() <= kMaxId && std::ranges::all_of(text, &ascii::is_graph);
}

bool missing(const Error& error) {
  return error.os_error == ENOENT;
}

/// rename that replaces nothing, also where the file system has no such call.
Result<void> rename_without_loss(FileOps& files, int maildir, const std::string& from,
                                 const std::string& to) {
  Result<void> renamed = files.rename_new(maildir, from, maildir, to);
  if (renamed) return renamed;
  const int code = renamed.error().os_error;
  if (code != EINVAL && code != ENOSYS) return renamed;
  const Result<struct stat> taken = files.stat_at(maildir, to, AT_SYMLINK_NOFOLLOW);
  if (taken || !missing(taken.error())) return renamed;
  return files.rename_at(maildir, from, maildir, to);
}

}  // namespace

Result<std::unique_ptr<Maildrop>> MaildirMaildrop::open(System& system, UniqueFd maildir,
                                                        Options options) {
  std::unique_ptr<MaildirMaildrop> maildrop{
      new MaildirMaildrop{system, std::move(maildir), options}};
  clear_stale_tmp(system.files, maildrop->maildir_.get(), system.clock.now());
  LBX_TRY(maildrop->scan());
  return std::unique_ptr<Maildrop>{std::move(maildrop)};
}

MaildirMaildrop::MaildirMaildrop(System& system, UniqueFd maildir, Options options)
    : system_{&system}, maildir_{std::move(maildir)}, options_{options} {}

Result<void> MaildirMaildrop::scan() {
  buffer_.resize(kIoChunk);
  std::set<std::string> lost;
  for (const MaildirEntry& entry : LBX_TRY(scan_maildir(system_->files, maildir_.get()))) {
    if (!measure(entry)) lost.insert(entry.name.base.str());
  }
  if (!lost.empty()) {  // renamed between the listing and the look: find them once more
    for (const Message& message : messages_) lost.erase(message.entry.name.base.str());
    for (const MaildirEntry& entry : LBX_TRY(scan_maildir(system_->files, maildir_.get()))) {
      if (lost.contains(entry.name.base.str())) static_cast<void>(measure(entry));
    }
  }
  buffer_ = {};
  std::ranges::sort(messages_, {}, [](const Message& message) {
    return std::tuple{message.modified.tv_sec, message.modified.tv_nsec,
                      std::string_view{message.entry.name.base.str()},
                      std::string_view{message.entry.name.info}};
  });
  assign_ids();
  return {};
}

/// False if there is no such file (any more).
bool MaildirMaildrop::measure(const MaildirEntry& entry) {
  FileOps& files = system_->files;
  const Result<UniqueFd> file = files.open_at(maildir_.get(), entry.path(), kOpenFlags);
  if (!file && missing(file.error())) return false;
  // One that may not be read is a message too: it can be removed.
  const Result<struct stat> status =
      file ? files.stat_fd(file->get()) : files.stat_at(maildir_.get(), entry.path());
  if (!status) return !missing(status.error());
  const bool young = status->st_mtim.tv_sec >= system_->clock.now().seconds;
  if (!S_ISREG(status->st_mode) || (young && options_.dialect == Dialect::Qmail)) return true;
  const std::uint64_t octets =
      file ? count_octets(file->get(), *status) : static_cast<std::uint64_t>(status->st_size);
  messages_.push_back({entry, status->st_mtim, octets, "", false});
  return true;
}

std::uint64_t MaildirMaildrop::count_octets(int file, const struct stat& status) {
  const auto size = static_cast<std::uint64_t>(status.st_size);
  OctetCounter counter;
  while (counter.stored() < size) {
    const Result<std::size_t> got = system_->files.read(file, buffer_.data(), buffer_.size());
    if (!got) return size;  // nobody will get it by RETR either
    if (*got == 0) break;
    counter.add({buffer_.data(), *got});
  }
  return counter.on_wire();
}

void MaildirMaildrop::assign_ids() {
  std::unordered_map<std::string_view, std::size_t> first;  // by base name
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    Message& message = messages_[i];
    const auto [other, is_first] = first.emplace(message.entry.name.base.str(), i);
    if (!is_first) message.shares_base = messages_[other->second].shares_base = true;
  }
  std::set<std::string> taken;
  std::map<std::string_view, unsigned> copies;
  for (Message& message : messages_) {
    const std::string& base = message.entry.name.base.str();
    const unsigned copy = message.shares_base ? copies[base]++ : 0;
    if (copy == 0 && may_be_id(base)) continue;
    // The n-th copy has an id of its own for as long as there are n. A file may be named like the
    // digest of another one: then the digest gives way.
    std::string id = sha256_hex(base + std::string(copy, '/'));
    while (first.contains(id) || !taken.insert(id).second) id = sha256_hex(id);
    message.own_id = std::move(id);
  }
}

std::string MaildirMaildrop::id(std::size_t message) const {
  const Message& the = messages_[message];
  return the.own_id.empty() ? the.entry.name.base.str() : the.own_id;
}

Result<std::unique_ptr<OpenMessage>> MaildirMaildrop::open(std::size_t message) {
  FileOps& files = system_->files;
  const MaildirEntry& entry = messages_[message].entry;
  Result<UniqueFd> file = files.open_at(maildir_.get(), entry.path(), kOpenFlags);
  if (!file && missing(file.error())) {
    if (LBX_TRY(follow_renames({message})).empty()) return file.error();
    file = files.open_at(maildir_.get(), entry.path(), kOpenFlags);
  }
  if (!file) return file.error();
  return std::unique_ptr<OpenMessage>{
      std::make_unique<MaildirFile>(files, std::move(file).value())};
}

/// Looks for messages that are not where they were, once, by their base names. Returns those found.
Result<std::vector<std::size_t>> MaildirMaildrop::follow_renames(
    const std::vector<std::size_t>& lost) {
  std::unordered_map<std::string, std::size_t> wanted;
  for (const std::size_t message : lost) {
    if (messages_[message].shares_base) continue;
    wanted.emplace(messages_[message].entry.name.base.str(), message);
  }
  std::vector<std::size_t> found;
  for (MaildirEntry& entry : LBX_TRY(scan_maildir(system_->files, maildir_.get()))) {
    const auto match = wanted.find(entry.name.base.str());
    if (match == wanted.end()) continue;
    found.push_back(match->second);
    messages_[match->second].entry = std::move(entry);
    wanted.erase(match);
  }
  return found;
}

std::size_t MaildirMaildrop::update(const std::vector<bool>& marked) {
  std::size_t left = remove(marked);
  const auto wanted = static_cast<std::size_t>(std::count(marked.begin(), marked.end(), true));
  if (options_.sync && wanted > left && !sync_folders()) left = wanted;
  move_to_cur(marked);
  return left;
}

std::size_t MaildirMaildrop::remove(const std::vector<bool>& marked) {
  std::size_t left = 0;
  std::vector<std::size_t> lost;
  for (std::size_t message = 0; message < messages_.size(); ++message) {
    if (!marked[message]) continue;
    const Result<void> removed =
        system_->files.unlink_at(maildir_.get(), messages_[message].entry.path());
    if (removed) continue;
    if (missing(removed.error())) {
      lost.push_back(message);
    } else {
      ++left;
    }
  }
  return lost.empty() ? left : left + remove_renamed(lost);
}

std::size_t MaildirMaildrop::remove_renamed(const std::vector<std::size_t>& lost) {
  const Result<std::vector<std::size_t>> found = follow_renames(lost);
  if (!found) return lost.size();  // nobody knows
  std::size_t left = 0;
  for (const std::size_t message : *found) {
    const Result<void> removed =
        system_->files.unlink_at(maildir_.get(), messages_[message].entry.path());
    if (!removed && !missing(removed.error())) ++left;
  }
  return left;  // those not found have been removed by somebody else: that will do
}

Result<void> MaildirMaildrop::sync_folders() {
  LBX_TRY(sync_directory(system_->files, maildir_.get(), "new"));
  return sync_directory(system_->files, maildir_.get(), "cur");
}

/// What was offered to a client is no longer new (maildir(5)). Best effort: who moved a message
/// meanwhile has done it for us, and nothing in cur/ is ever replaced.
void MaildirMaildrop::move_to_cur(const std::vector<bool>& marked) {
  for (std::size_t message = 0; message < messages_.size(); ++message) {
    const MaildirEntry& entry = messages_[message].entry;
    if (marked[message] || entry.folder != MaildirPlace::Folder::New) continue;
    const bool flagged = !entry.name.info.empty() && options_.dialect == Dialect::Letterbox;
    const std::string target = "cur/" + entry.name.str() + (flagged ? "" : ":2,");
    static_cast<void>(rename_without_loss(system_->files, maildir_.get(), entry.path(), target));
  }
}

}  // namespace lbx::pop3d
