// SPDX-License-Identifier: MIT
#include "pop3d/maildir_maildrop.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/io.h"
#include "pop3d/name_index.h"
#include "pop3d/open_flags.h"
#include "pop3d/scan.h"
#include "pop3d/sizes.h"

namespace lbx::pop3d {
namespace {

class MaildirFile final : public OpenMessage {
 public:
  MaildirFile(FileOps& files, UniqueFd file, bool local)
      : files_{&files}, file_{std::move(file)}, local_{local} {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (at_end_) return std::size_t{0};
    const std::size_t got = LBX_TRY(files_->read(file_.get(), buffer, size));
    at_end_ = local_ && got < size;
    return got;
  }

 private:
  FileOps* files_;
  UniqueFd file_;
  bool local_;  // read(2) gives less than it could at the end of the file only
  bool at_end_{false};
};

/// rename that replaces nothing, also where the file system has no such call.
Result<void> rename_without_loss(FileOps& files, int maildir, const std::string& from,
                                 const std::string& to) {
  Result<void> renamed = files.rename_new(maildir, from, maildir, to);
  if (renamed) return renamed;
  const int code = renamed.error().os_error;
  if (code != EINVAL && code != ENOSYS) return renamed;
  const Result<struct stat> taken = files.stat_at(maildir, to, AT_SYMLINK_NOFOLLOW);
  if (taken || !is_missing(taken.error())) return renamed;
  return files.rename_at(maildir, from, maildir, to);
}

}  // namespace

Result<std::unique_ptr<Maildrop>> MaildirMaildrop::open(System& system, UniqueFd maildir,
                                                        const Options& options) {
  std::unique_ptr<MaildirMaildrop> maildrop{
      new MaildirMaildrop{system, std::move(maildir), options}};
  const int fd = maildrop->maildir_.get();
  clear_stale_tmp(system.files, fd, system.clock.now());
  Snapshot snapshot = LBX_TRY(take_snapshot(
      system, fd,
      {options.dialect, options.remember, options.trust_names, options.threads, options.import}));
  maildrop->messages_ = std::move(snapshot.messages);
  maildrop->ids_ = std::move(snapshot.ids);
  return std::unique_ptr<Maildrop>{std::move(maildrop)};
}

MaildirMaildrop::MaildirMaildrop(System& system, UniqueFd maildir, Options options)
    : system_{&system}, maildir_{std::move(maildir)}, options_{std::move(options)} {}

MaildirMaildrop::~MaildirMaildrop() {
  std::vector<Correction> corrections;
  for (const std::size_t message : corrected_) {
    corrections.push_back({messages_.base(message), messages_.octets(message)});
  }
  correct_sizes(*system_, maildir_.get(), corrections);
}

std::string MaildirMaildrop::id(std::size_t message) const {
  return ids_.id(messages_, message);
}

Result<std::unique_ptr<OpenMessage>> MaildirMaildrop::open(std::size_t message) {
  FileOps& files = system_->files;
  Result<UniqueFd> file = files.open_at(maildir_.get(), messages_.path(message), kOpenFlags);
  if (!file && is_missing(file.error())) {
    LBX_TRY(follow_renames());
    file = files.open_at(maildir_.get(), messages_.path(message), kOpenFlags);
  }
  if (!file) return file.error();
  return std::unique_ptr<OpenMessage>{
      std::make_unique<MaildirFile>(files, std::move(file).value(), is_local())};
}

bool MaildirMaildrop::is_local() {
  if (!local_) {
    const Result<FileSystemKind> kind = system_->files.file_system(maildir_.get());
    local_ = kind && *kind == FileSystemKind::Local;
  }
  return *local_;
}

void MaildirMaildrop::sent(std::size_t message, std::uint64_t octets) {
  if (messages_.octets(message) == octets) return;
  messages_.set_octets(message, octets);
  if (options_.remember && !messages_.shares_base(message)) corrected_.push_back(message);
}

/// One look through the folders finds every message that somebody has renamed, by its base name:
/// the next one that is not where it was need not be looked for. Nor need one that is gone, until
/// the folders change once more.
Result<void> MaildirMaildrop::follow_renames() {
  const FolderState state = folder_state(system_->files, maildir_.get());
  if (followed_ == state) return {};
  const bool settled = is_settled(*system_, maildir_.get(), state);
  const auto is_base = [this](std::uint32_t message, std::string_view name) {
    return messages_.base(message) == name;
  };
  NameIndex bases{messages_.count()};
  for (std::size_t i = 0; i < messages_.count(); ++i) {
    if (!messages_.shares_base(i)) {
      bases.add(messages_.base(i), static_cast<std::uint32_t>(i), is_base);
    }
  }
  std::vector<bool> found(messages_.count());
  for (const auto folder : {MaildirPlace::Folder::New, MaildirPlace::Folder::Cur}) {
    Result<void> moved;
    LBX_TRY(system_->files.each_name(
        maildir_.get(), folder == MaildirPlace::Folder::New ? "new" : "cur",
        [&](const ListedName& each) {
          if (!moved || each.is_directory) return;
          const auto message = bases.find(each.name.substr(0, each.name.find(':')), is_base);
          if (!message || found[*message]) return;
          const bool here = messages_.folder(*message) == folder;
          if (here && messages_.file_name(*message) == each.name) return;
          found[*message] = true;
          moved = messages_.move(*message, folder, each.name);
        }));
    LBX_TRY(std::move(moved));
  }
  followed_ = settled ? std::optional{state} : std::nullopt;
  return {};
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
  for (std::size_t message = 0; message < messages_.count(); ++message) {
    if (!marked[message]) continue;
    const Result<void> removed = system_->files.unlink_at(maildir_.get(), messages_.path(message));
    if (removed) continue;
    if (is_missing(removed.error())) {
      lost.push_back(message);
    } else {
      ++left;
    }
  }
  return lost.empty() ? left : left + remove_renamed(lost);
}

std::size_t MaildirMaildrop::remove_renamed(const std::vector<std::size_t>& lost) {
  if (!follow_renames()) return lost.size();  // nobody knows
  std::size_t left = 0;
  for (const std::size_t message : lost) {
    if (messages_.shares_base(message)) continue;
    const Result<void> removed = system_->files.unlink_at(maildir_.get(), messages_.path(message));
    if (!removed && !is_missing(removed.error())) ++left;
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
  for (std::size_t message = 0; message < messages_.count(); ++message) {
    if (marked[message] || messages_.folder(message) != MaildirPlace::Folder::New) continue;
    const std::string name = messages_.file_name(message);
    const bool flagged = name.find(':') != name.npos;
    const bool stays = flagged && options_.dialect == Dialect::Letterbox;
    const std::string target = "cur/" + name + (stays ? "" : ":2,");
    static_cast<void>(
        rename_without_loss(system_->files, maildir_.get(), messages_.path(message), target));
  }
}

}  // namespace lbx::pop3d
