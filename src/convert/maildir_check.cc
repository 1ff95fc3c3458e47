// SPDX-License-Identifier: MIT
#include "convert/maildir_check.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "convert/maildir_files.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/maildir/maildir.h"
#include "core/maildir/maildirsize.h"
#include "core/maildir/quota.h"
#include "core/message/line_endings.h"

namespace lbx::convert {
namespace {

constexpr std::array<std::string_view, kMaildirProblems> kProblemWords{"missing-directory",
                                                                       "missing-folder-mark",
                                                                       "stale-tmp",
                                                                       "wrong-size",
                                                                       "duplicate-name",
                                                                       "no-info",
                                                                       "unreadable",
                                                                       "bad-name",
                                                                       "permissions",
                                                                       "owner",
                                                                       "quota"};
constexpr std::array<const char*, 3> kParts{"tmp", "new", "cur"};
constexpr mode_t kPartMode = 0700;
constexpr mode_t kFolderMarkMode = 0600;
constexpr const char* kNoFlags = ":2,";
constexpr const char* kMaildirsize = "maildirsize";

using Action = std::function<Result<void>()>;

/// What mends a finding: nothing, where only people can.
struct Remedy {
  std::string what{};
  Action action{};
};

bool is_gone(const Error& error) {
  return error.os_error == ENOENT;
}

/// A message of the folder that is looked at.
struct Seen {
  MaildirEntry entry;
  struct stat status;
};

/// What is found, and what is done about it at once.
class Inspection {
 public:
  Inspection(MaildirReport& report, Mend mend) : report_{&report}, mend_{mend} {}

  void add(MaildirProblem problem, std::string path, std::string detail, Remedy remedy = {}) {
    MaildirFinding found{problem, std::move(path), std::move(detail), std::move(remedy.what)};
    if (mend_ == Mend::Yes && remedy.action) {
      const Result<void> done = remedy.action();
      found.mended = done.has_value();
      if (!done) found.failure = done.error().what;
    }
    report_->findings.push_back(std::move(found));
  }
  bool mends() const { return mend_ == Mend::Yes; }
  MaildirReport& report() { return *report_; }

 private:
  MaildirReport* report_;
  Mend mend_;
};

/// One folder, or the inbox.
class FolderCheck {
 public:
  /// `prefix`: "" or ".Folder/".
  FolderCheck(System& system, LockOps& locks, int root, std::string prefix, uid_t owner,
              Inspection& inspection)
      : system_{&system},
        locks_{&locks},
        root_{root},
        prefix_{std::move(prefix)},
        owner_{owner},
        inspection_{&inspection} {}

  Result<void> run() {
    ++inspection_->report().folders;
    check_node(prefix_.empty() ? "." : prefix_.substr(0, prefix_.size() - 1));
    check_mark();
    for (const char* part : kParts) check_part(part);
    LBX_TRY(check_tmp());
    LBX_TRY(look_at_messages());
    check_sizes();
    check_infos();
    check_duplicates();
    return write_uidlist();
  }

 private:
  FileOps& files() const { return system_->files; }
  std::string path(std::string_view below) const { return prefix_ + std::string{below}; }

  void check_rights(const std::string& path, const struct stat& status) {
    const mode_t needed = S_ISDIR(status.st_mode) ? S_IRWXU : S_IRUSR;
    if ((status.st_mode & needed) != needed) {
      inspection_->add(MaildirProblem::Permissions, path, "its owner has not all rights");
    } else if ((status.st_mode & S_IWOTH) != 0) {
      inspection_->add(MaildirProblem::Permissions, path, "all others can change it");
    } else if (path == "." && (status.st_mode & S_IRWXO) != 0) {
      // What lies below a directory that is closed to others is closed to them too.
      inspection_->add(MaildirProblem::Permissions, path, "is open to all others");
    }
    if (status.st_uid != owner_) {
      inspection_->add(MaildirProblem::Owner, path,
                       "belongs to user " + std::to_string(status.st_uid) + ", the Maildir to " +
                           std::to_string(owner_));
    }
  }

  void check_node(const std::string& path) {
    const Result<struct stat> status = files().stat_at(root_, path, AT_SYMLINK_NOFOLLOW);
    if (status) check_rights(path, *status);
  }

  void check_mark() {
    if (prefix_.empty() || files().stat_at(root_, path(kFolderMark))) return;
    inspection_->add(
        MaildirProblem::MissingFolderMark, prefix_.substr(0, prefix_.size() - 1),
        "has no " + std::string{kFolderMark},
        {"make it", [this]() -> Result<void> {
           LBX_TRY(files().open_at(root_, path(kFolderMark), O_WRONLY | O_CREAT, kFolderMarkMode));
           return {};
         }});
  }

  void check_part(const char* part) {
    const std::string where = path(part);
    const Result<struct stat> status = files().stat_at(root_, where);
    if (status && S_ISDIR(status->st_mode)) return check_rights(where, *status);
    if (status) {
      return inspection_->add(MaildirProblem::MissingDirectory, where, "is no directory");
    }
    if (!is_gone(status.error())) {
      return inspection_->add(MaildirProblem::MissingDirectory, where, status.error().what);
    }
    inspection_->add(
        MaildirProblem::MissingDirectory, where, "is missing",
        {"make it", [this, where] { return files().make_directory(root_, where, kPartMode); }});
  }

  /// The names of a part; none where it is missing, which was found before.
  Result<std::vector<DirectoryEntry>> names(const std::string& part) const {
    Result<std::vector<DirectoryEntry>> list = files().list(root_, path(part));
    const int code = list ? 0 : list.error().os_error;
    if (code == ENOENT || code == ENOTDIR) return std::vector<DirectoryEntry>{};
    return list;
  }

  Result<void> check_tmp() {
    const std::int64_t now = system_->clock.now().seconds;
    for (const DirectoryEntry& each : LBX_TRY(names("tmp"))) {
      const std::string where = path("tmp/" + each.name);
      const Result<struct stat> status = files().stat_at(root_, where, AT_SYMLINK_NOFOLLOW);
      if (each.is_directory || each.name.starts_with('.') || !status) continue;
      const std::int64_t touched = std::max(status->st_atim.tv_sec, status->st_mtim.tv_sec);
      if (now - touched < kStaleTmpSeconds) continue;
      inspection_->add(MaildirProblem::StaleTmp, where,
                       "untouched for " + std::to_string((now - touched) / 3600) + " hours",
                       {"remove it", [this, where] { return files().unlink_at(root_, where); }});
    }
    return {};
  }

  Result<void> look_at_messages() {
    for (const auto folder : {MaildirPlace::Folder::New, MaildirPlace::Folder::Cur}) {
      const std::string part = folder == MaildirPlace::Folder::New ? "new" : "cur";
      for (const DirectoryEntry& each : LBX_TRY(names(part))) {
        Result<MessageFileName> name = MessageFileName::parse(each.name);
        if (name && !each.is_directory) {
          look_at({folder, std::move(name).value()});
        } else if (!each.name.starts_with('.')) {
          inspection_->add(MaildirProblem::BadName, path(part + '/' + each.name),
                           each.is_directory ? "is a directory" : "is no name of a message");
        }
      }
    }
    return {};
  }

  void look_at(MaildirEntry entry) {
    const std::string where = path(entry.path());
    // O_NONBLOCK: not to wait for the other end of a FIFO.
    const Result<UniqueFd> file = files().open_at(root_, where, O_RDONLY | O_NONBLOCK);
    if (!file && is_gone(file.error()) && !is_dangling(where)) return;  // moved meanwhile
    if (!file) return inspection_->add(MaildirProblem::Unreadable, where, file.error().what);
    const Result<struct stat> status = files().stat_fd(file->get());
    if (!status) return inspection_->add(MaildirProblem::Unreadable, where, status.error().what);
    if (!S_ISREG(status->st_mode)) {
      return inspection_->add(MaildirProblem::Unreadable, where, "is no regular file");
    }
    ++inspection_->report().messages;
    check_rights(where, *status);
    measure(entry, *status, file->get());
    seen_.push_back({std::move(entry), *status});
  }

  bool is_dangling(const std::string& where) const {
    return files().stat_at(root_, where, AT_SYMLINK_NOFOLLOW).has_value();
  }

  /// Compares what the name says of sizes with the file, which is read only where it has to be.
  void measure(const MaildirEntry& entry, const struct stat& status, int file) {
    const UniqueName& base = entry.name.base;
    const auto octets = static_cast<std::uint64_t>(status.st_size);
    std::uint64_t wire = 0;
    if (base.wire_octets()) {
      OctetCounter counter;
      const Result<void> read =
          for_each_chunk(files(), file, [&counter](std::string_view chunk) -> Result<void> {
            counter.add(chunk);
            return {};
          });
      if (!read) {
        return inspection_->add(MaildirProblem::Unreadable, path(entry.path()), read.error().what);
      }
      wire = counter.on_wire();
    }
    const bool right = base.stored_octets().value_or(octets) == octets &&
                       base.wire_octets().value_or(wire) == wire;
    if (!right) wrong_sizes_.emplace(seen_.size(), with_sizes(base.str(), octets, wire));
  }

  /// Gives a message another base name or info; `seen` knows it afterwards.
  Result<void> rename(Seen& seen, const std::string& base, const std::string& info) {
    MessageFileName name{LBX_TRY(UniqueName::parse(base)), info};
    MaildirEntry to{seen.entry.folder, std::move(name)};
    LBX_TRY(rename_to_free(files(), root_, path(seen.entry.path()), root_, path(to.path())));
    if (base != seen.entry.name.base.str()) new_bases_[seen.entry.name.base.str()] = base;
    seen.entry = std::move(to);
    return {};
  }

  /// Dovecot knows messages by their base names: it must not look while they change.
  Result<void> lock_uidlist() {
    if (uidlist_lock_ || !files().stat_at(root_, path(kDovecotUidlistFile))) return {};
    LockWait wait{*locks_, kMboxLockTimeout};
    std::optional<DotLock> lock =
        LBX_TRY(DotLock::acquire(*system_, *locks_, root_, path(kDovecotUidlistFile), wait));
    if (!lock) return Error::later(path(kDovecotUidlistLock) + " is in the way");
    uidlist_lock_.emplace(std::move(*lock));
    return {};
  }

  void check_sizes() {
    for (const auto& each : wrong_sizes_) {
      Seen& seen = seen_[each.first];
      const std::string& base = each.second;
      inspection_->add(MaildirProblem::WrongSize, path(seen.entry.path()),
                       "its name says other sizes than it has",
                       {"rename it to " + base, [&]() -> Result<void> {
                          LBX_TRY(lock_uidlist());
                          return rename(seen, base, seen.entry.name.info);
                        }});
    }
  }

  void check_infos() {
    for (Seen& seen : seen_) {
      if (seen.entry.folder == MaildirPlace::Folder::New || !seen.entry.name.info.empty()) continue;
      const std::string base = seen.entry.name.base.str();
      inspection_->add(
          MaildirProblem::NoInfo, path(seen.entry.path()), "has no flags in its name",
          {"rename it to " + base + kNoFlags, [&] { return rename(seen, base, kNoFlags); }});
    }
  }

  void check_duplicates() {
    std::vector<std::size_t> order(seen_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    // Of two, the one in cur/ with the most flags stays as it is.
    std::ranges::sort(order, std::greater<>{}, [this](std::size_t i) {
      const MaildirEntry& entry = seen_[i].entry;
      return std::tuple{std::string_view{entry.name.base.str()},
                        entry.folder == MaildirPlace::Folder::Cur, entry.name.info.size(), i};
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
      const Seen& first = seen_[order[i - 1]];
      if (first.entry.name.base == seen_[order[i]].entry.name.base) {
        found_duplicate(first, seen_[order[i]]);
        std::swap(order[i], order[i - 1]);  // the first one is what the next is compared with
      }
    }
  }

  void found_duplicate(const Seen& first, Seen& second) {
    const std::string where = path(second.entry.path());
    const std::string detail = "has the base name of " + path(first.entry.path());
    const bool same =
        first.status.st_ino == second.status.st_ino && first.status.st_dev == second.status.st_dev;
    if (same) {
      return inspection_->add(
          MaildirProblem::DuplicateName, where, detail + ", and is that file",
          {"remove this name", [this, where] { return files().unlink_at(root_, where); }});
    }
    inspection_->add(
        MaildirProblem::DuplicateName, where, detail,
        {"give it a name of its own", [this, &second]() -> Result<void> {
           const UniqueFd file =
               LBX_TRY(files().open_at(root_, path(second.entry.path()), O_RDONLY));
           OctetCounter octets;
           LBX_TRY(for_each_chunk(files(), file.get(), [&](std::string_view chunk) -> Result<void> {
             octets.add(chunk);
             return {};
           }));
           const UniqueName base = fresh_name(*system_, second.status.st_mtim.tv_sec,
                                              octets.stored(), octets.on_wire());
           MaildirEntry to{second.entry.folder, {base, second.entry.name.info}};
           return rename_to_free(files(), root_, path(second.entry.path()), root_, path(to.path()));
         }});
  }

  /// The new names in the list, whose other words stay as they are.
  Result<void> write_uidlist() {
    if (!uidlist_lock_ || new_bases_.empty()) return {};
    const std::string where = path(kDovecotUidlistFile);
    const UniqueFd file = LBX_TRY(files().open_at(root_, where, O_RDONLY));
    const struct stat status = LBX_TRY(files().stat_fd(file.get()));
    const std::string text = LBX_TRY(read_whole(files(), file.get(), kMaxUidlist, where));
    std::string out;
    for (const std::string_view line : ascii::split(text, '\n')) {
      if (!out.empty()) out += '\n';
      const std::size_t name = line.find(" :") + 2;  // 1 where there is none
      const std::size_t end = name < 2 ? line.size() : std::min(line.find(':', name), line.size());
      const auto found =
          name < 2 ? new_bases_.end() : new_bases_.find(std::string{line.substr(name, end - name)});
      if (found == new_bases_.end()) {
        out += line;
      } else {
        ((out += line.substr(0, name)) += found->second) += line.substr(end);
      }
    }
    return replace_file(files(), root_, where, out, status.st_mode & 0777U);
  }

  System* system_;
  LockOps* locks_;
  int root_;
  std::string prefix_;
  uid_t owner_;
  Inspection* inspection_;
  std::vector<Seen> seen_;
  std::map<std::size_t, std::string> wrong_sizes_;  // place in seen_ -> the right base name
  std::map<std::string, std::string> new_bases_;
  std::optional<DotLock> uidlist_lock_;
};

/// After all names are right: the sizes in them are what is counted.
Result<void> check_quota(System& system, LockOps& locks, int root, Inspection& inspection) {
  FileOps& files = system.files;
  const Result<UniqueFd> file = files.open_at(root, kMaildirsize, O_RDONLY | O_NONBLOCK);
  if (!file && is_gone(file.error())) return {};
  if (!file) return file.error();
  const Result<std::string> text = read_whole(files, file->get(), kMaxMaildirsize, kMaildirsize);
  const Maildirsize size = text ? Maildirsize::parse(*text) : Maildirsize{};
  const QuotaUsage usage = LBX_TRY(count_usage(files, root, ""));
  const bool whole = text && !size.broken && size.limit_known;
  if (whole && (!size.limit.any() || size.usage == usage)) return {};
  const std::string detail = !whole ? "is torn or too long"
                                    : "says " + std::to_string(size.usage.octets) + " octets in " +
                                          std::to_string(size.usage.messages) +
                                          " messages, there are " + std::to_string(usage.octets) +
                                          " in " + std::to_string(usage.messages);
  if (!size.limit_known || !size.limit.any()) {
    inspection.add(MaildirProblem::Quota, kMaildirsize, detail + "; it says no limit");
  } else {
    inspection.add(MaildirProblem::Quota, kMaildirsize, detail,
                   {"count anew", [&] { return recount_quota(system, locks, root); }});
  }
  return {};
}

}  // namespace

std::string_view to_string(MaildirProblem problem) {
  return kProblemWords.at(static_cast<std::size_t>(problem));
}

Result<MaildirReport> check_maildir(System& system, LockOps& locks, const std::string& path,
                                    Mend mend) {
  const UniqueFd root = LBX_TRY(open_maildir(system.files, AT_FDCWD, path));
  const struct stat status = LBX_TRY(system.files.stat_fd(root.get()));
  const bool any =
      system.files.stat_at(root.get(), "cur") || system.files.stat_at(root.get(), "new");
  if (!any) return Error::never(path + ": is not a Maildir: it has neither new/ nor cur/");
  MaildirReport report;
  Inspection inspection{report, mend};
  std::vector<std::string> prefixes{""};
  for (const std::string& each : LBX_TRY(list_folders(system.files, root.get(), "."))) {
    prefixes.push_back(each + '/');
  }
  for (const std::string& prefix : prefixes) {
    LBX_TRY(FolderCheck(system, locks, root.get(), prefix, status.st_uid, inspection).run());
  }
  LBX_TRY(check_quota(system, locks, root.get(), inspection));
  if (mend == Mend::Yes) LBX_TRY(system.files.sync_file_system(root.get()));
  return report;
}

}  // namespace lbx::convert
