// SPDX-License-Identifier: MIT
#include "convert/maildir_copy.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <set>
#include <utility>

#include "convert/folder_copy.h"
#include "convert/maildir_files.h"
#include "convert/server_file.h"
#include "convert/subscriptions.h"
#include "core/base/io.h"
#include "core/base/path.h"
#include "core/maildir/maildir.h"

namespace lbx::convert {
namespace {

constexpr const char* kBeside = ".letterbox-copy";
constexpr const char* kInside = "tmp/letterbox-copy";
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
/// Ours, of whole Maildirs: copied where the target has none. Where messages keep their names, it
/// goes on being true.
constexpr const char* kPop3Ids = "letterbox-pop3-ids";

bool is_missing(const Error& error) {
  return error.os_error == ENOENT;
}

/// All the work of one run.
class Copy {
 public:
  Copy(System& system, LockOps& locks, const CopyOptions& options)
      : system_{&system}, locks_{&locks}, options_{&options}, place_{split_path(options.target)} {}

  Result<std::vector<CopiedFolder>> run() {
    std::vector<UniqueFd> sources;
    for (const std::string& each : options_->sources) {
      UniqueFd source = LBX_TRY(open_maildir(files(), AT_FDCWD, each));
      LBX_TRY(require_maildir(source.get(), each));
      LBX_TRY(require_outside(source.get(), each));
      sources.push_back(std::move(source));
    }
    LBX_TRY(options_->into == CopyOptions::Into::New ? open_new() : open_existing());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      LBX_TRY(copy_all(sources[i].get(), options_->sources[i]));
    }
    if (!options_->dry_run) LBX_TRY(finish());
    return std::move(done_);
  }

 private:
  FileOps& files() const { return system_->files; }
  bool is_new() const { return options_->into == CopyOptions::Into::New; }

  Result<void> require_maildir(int dir, const std::string& name) const {
    for (const char* part : {"new", "cur"}) {
      const Result<struct stat> status = files().stat_at(dir, part);
      if (!status || !S_ISDIR(status->st_mode)) {
        return Error::never(name + ": is not a Maildir: it has no " + part + '/');
      }
    }
    return {};
  }

  /// A target that is a folder of its source would be copied into itself.
  Result<void> require_outside(int source, const std::string& name) const {
    const Result<struct stat> around = files().stat_at(AT_FDCWD, place_.parent);
    if (!around) return {};  // which the opening of the target tells better
    const struct stat ours = LBX_TRY(files().stat_fd(source));
    if (around->st_ino != ours.st_ino || around->st_dev != ours.st_dev) return {};
    return Error::never(options_->target + ": lies in the Maildir " + name + " itself");
  }

  /// Two runs must not mix; where the file system has no locks, they are the caller's care.
  Result<void> lock_target() {
    const Result<bool> locked =
        locks_->try_lock(target_.get(), KernelLock::Flock, LockMode::Exclusive);
    if (locked && !*locked) return Error::later(options_->target + ": another copy is under way");
    return {};
  }

  Result<void> open_existing() {
    target_ = LBX_TRY(open_maildir(files(), AT_FDCWD, options_->target));
    LBX_TRY(require_maildir(target_.get(), options_->target));
    return lock_target();
  }

  /// Beside the target, under a name of its own, with which an interrupted run's successor goes on.
  Result<void> open_new() {
    parent_ = LBX_TRY(files().open_at(AT_FDCWD, place_.parent, O_RDONLY | O_DIRECTORY));
    const bool there = LBX_TRY(exists(files(), parent_.get(), place_.leaf));
    if (there) {
      return Error::never(options_->target + ": exists (see letterbox maildir merge)");
    }
    if (options_->dry_run) return {};
    staging_ = '.' + place_.leaf + kBeside;
    const bool begun = LBX_TRY(exists(files(), parent_.get(), staging_));
    if (!begun) LBX_TRY(create_maildir(*system_, parent_.get(), staging_));
    target_ = LBX_TRY(open_maildir(files(), parent_.get(), staging_));
    return lock_target();
  }

  Result<void> copy_all(int source, const std::string& name) {
    LBX_TRY(copy_folder(source, name, ""));
    for (const std::string& folder : LBX_TRY(list_folders(files(), source, "."))) {
      // What is no Maildir is no folder, whatever its name is.
      const bool is_one = LBX_TRY(exists(files(), source, folder + "/cur"));
      if (is_one) LBX_TRY(copy_folder(source, name, folder));
    }
    return options_->dry_run ? Result<void>{} : copy_server_files(source);
  }

  /// `of`: its directory in the source, "" for the inbox.
  Result<void> copy_folder(int source, const std::string& name, const std::string& of) {
    const UniqueFd from = LBX_TRY(open_maildir(files(), source, of.empty() ? "." : of));
    const std::string folder = target_name(FolderName::of_directory(of)).directory();
    const std::string where = folder.empty() ? "." : folder;
    CopiedFolder copied;
    copied.source = name;
    copied.folder = folder;
    const bool there = target_ && LBX_TRY(exists(files(), target_.get(), where));
    if (there) {
      const UniqueFd to = LBX_TRY(open_maildir(files(), target_.get(), where));
      LBX_TRY(copy_into(from.get(), to.get(), copied));
    } else if (options_->dry_run) {
      LBX_TRY(copy_into(from.get(), from.get(), copied));
    } else {
      LBX_TRY(copy_new_folder(from.get(), folder, copied));
    }
    done_.push_back(std::move(copied));
    return {};
  }

  FolderName target_name(const FolderName& folder) const {
    return options_->server ? name_for(*options_->server, folder) : folder;
  }

  /// In a target that can be seen, a folder is built out of sight.
  Result<void> copy_new_folder(int from, const std::string& folder, CopiedFolder& copied) {
    const std::string built = is_new() ? folder : std::string{kInside} + '/' + folder;
    if (!is_new()) {
      Result<void> made = files().make_directory(target_.get(), kInside, kDirectoryMode);
      if (!made && made.error().os_error != EEXIST) return made;
    }
    const bool begun = LBX_TRY(exists(files(), target_.get(), built));
    if (!begun) LBX_TRY(create_folder(*system_, target_.get(), built));
    const UniqueFd to = LBX_TRY(open_maildir(files(), target_.get(), built));
    LBX_TRY(copy_into(from, to.get(), copied));
    if (is_new()) return {};
    LBX_TRY(files().sync_file_system(target_.get()));
    LBX_TRY(files().rename_at(target_.get(), built, target_.get(), folder));
    LBX_TRY(files().sync(target_.get()));
    static_cast<void>(files().unlink_at(target_.get(), kInside, AT_REMOVEDIR));
    return {};
  }

  Result<void> copy_into(int from, int to, CopiedFolder& copied) {
    MessageIndex index{files()};
    std::vector<UniqueFd> folders;
    const bool empty = from == to;  // a dry run, and there is no such folder
    if (!empty) LBX_TRY(index.add_folder(to));
    if (options_->any_folder && target_) {
      LBX_TRY(add_other_folders(to, index, folders));
    }
    return FolderCopy{*system_, *locks_, from, to, options_->server}.run(index, options_->dry_run,
                                                                         copied);
  }

  Result<void> add_other_folders(int but, MessageIndex& index, std::vector<UniqueFd>& open) const {
    const struct stat self = LBX_TRY(files().stat_fd(but));
    std::vector<std::string> names = LBX_TRY(list_folders(files(), target_.get(), "."));
    names.emplace_back(".");
    for (const std::string& each : names) {
      const bool is_one = LBX_TRY(exists(files(), target_.get(), each + "/cur"));
      if (!is_one) continue;
      UniqueFd folder = LBX_TRY(open_maildir(files(), target_.get(), each));
      const struct stat status = LBX_TRY(files().stat_fd(folder.get()));
      if (status.st_ino == self.st_ino && status.st_dev == self.st_dev) continue;
      LBX_TRY(index.add_folder(folder.get()));
      open.push_back(std::move(folder));
    }
    return {};
  }

  Result<void> copy_server_files(int source) const {
    LBX_TRY(copy_subscriptions(source));
    const bool there = LBX_TRY(exists(files(), target_.get(), kPop3Ids));
    if (there) return {};
    const Result<UniqueFd> from = files().open_at(source, kPop3Ids, O_RDONLY | O_NONBLOCK);
    if (!from && is_missing(from.error())) return {};
    if (!from) return from.error();
    const std::string part = std::string{"tmp/"} + kPop3Ids;
    UniqueFd to =
        LBX_TRY(files().open_at(target_.get(), part, O_WRONLY | O_CREAT | O_TRUNC, kFileMode));
    LBX_TRY(for_each_chunk(files(), from->get(), [&](std::string_view chunk) {
      return write_all(files(), to.get(), chunk);
    }));
    LBX_TRY(files().sync(to.get()));
    LBX_TRY(files().close(std::move(to)));
    return files().rename_at(target_.get(), part, target_.get(), kPop3Ids);
  }

  /// What either server has noted there, for the one that the target is for.
  Result<void> copy_subscriptions(int source) const {
    for (const SubscriptionForm from : {SubscriptionForm::Dovecot, SubscriptionForm::Courier}) {
      SubscriptionForm to = from;
      if (options_->server) {
        to = *options_->server == ServerKind::Dovecot ? SubscriptionForm::Dovecot
                                                      : SubscriptionForm::Courier;
      }
      const std::string text =
          LBX_TRY(read_server_file(files(), source, subscription_file(from), kMaxSubscriptions));
      std::set<FolderName> folders;
      for (const FolderName& each : subscribed_folders(text, from)) {
        folders.insert(target_name(each));
      }
      if (!folders.empty()) LBX_TRY(subscribe(*system_, *locks_, target_.get(), to, folders));
    }
    return {};
  }

  Result<void> finish() {
    LBX_TRY(recount_quota(*system_, *locks_, target_.get()));
    LBX_TRY(files().sync_file_system(target_.get()));
    if (!is_new()) return {};
    LBX_TRY(rename_to_free(files(), parent_.get(), staging_, parent_.get(), place_.leaf));
    return files().sync(parent_.get());
  }

  System* system_;
  LockOps* locks_;
  const CopyOptions* options_;
  SplitPath place_;
  UniqueFd parent_;
  UniqueFd target_;      // none in a dry run to a new place
  std::string staging_;  // below parent_, where the target is new
  std::vector<CopiedFolder> done_;
};

}  // namespace

Result<std::vector<CopiedFolder>> copy_maildirs(System& system, LockOps& locks,
                                                const CopyOptions& options) {
  return Copy{system, locks, options}.run();
}

}  // namespace lbx::convert
