// SPDX-License-Identifier: MIT
#include "convert/mail_tree.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "convert/expand.h"
#include "convert/folder_levels.h"
#include "convert/recognise.h"
#include "core/base/ascii.h"
#include "core/base/path.h"
#include "core/maildir/maildir.h"
#include "core/mbox/reader.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kLocalFolders = "Local Folders";
constexpr const char* kUseMaildir = ": is a Maildir; see letterbox(1), maildir copy";

struct FileName {
  std::string name;
  std::uint64_t size;
};

/// What stands in a directory, sorted.
struct Listing {
  std::vector<FileName> files;
  std::vector<std::string> directories;

  bool has_directory(std::string_view name) const {
    return std::ranges::binary_search(directories, name);
  }
  bool has_file(std::string_view name) const {
    return std::ranges::any_of(files, [name](const FileName& each) { return each.name == name; });
  }
};

/// Numbers by their value, everything else as text.
bool in_order(const MessageFile& a, const MessageFile& b) {
  const bool numbers = is_mh_name(a.name) && is_mh_name(b.name);
  if (numbers && a.name.size() != b.name.size()) return a.name.size() < b.name.size();
  return a.name < b.name;
}

/// What mail programs keep beside mailboxes.
bool is_index(std::string_view name) {
  static constexpr std::array kIndexes{".msf",    ".dat",   ".lock", ".idx",  ".index",
                                       ".sqlite", ".plist", ".ibex", ".cmeta"};
  return name.starts_with('.') || std::ranges::any_of(kIndexes, [name](const char* each) {
           return ends_with_fold(name, each);
         });
}

class Finder {
 public:
  Finder(System& system, std::optional<struct stat> target) : system_{&system}, target_{target} {}

  Result<void> look_at(const std::string& path);
  MailTree tree;

 private:
  struct Directory {
    std::string path;
    std::string inside;  // its path below what the user named, for the folder
    int depth;
  };
  Result<void> refuse(const std::string& path, std::uint64_t size);
  Result<void> look_at_file(const std::string& path, const struct stat& status);
  Result<void> walk(const Directory& directory);
  Result<bool> walk_profile(const Directory& directory, const Listing& listing);
  Result<bool> has_mail(const std::string& path, int depth);
  Result<Listing> list(const Directory& directory);
  Result<Recognised> recognise_file(const std::string& path);
  Result<void> take_file(const Directory& directory, const FileName& file,
                         std::vector<MessageFile>& messages);
  void take_months(const Directory& directory, Listing& listing);
  void take_messages(const Directory& directory, std::vector<MessageFile> messages);
  void pass_over(const std::string& path);
  bool is_target(const struct stat& status) const {
    return target_ && target_->st_dev == status.st_dev && target_->st_ino == status.st_ino;
  }

  System* system_;
  std::optional<struct stat> target_;
  std::size_t files_{0};
  std::set<std::string> mailing_lists_;  // directories whose mail is in DIRECTORY.mbox too
};

void Finder::pass_over(const std::string& path) {
  ++tree.passed_over;
  if (tree.told.size() < kMaxToldFiles) tree.told.push_back(path);
}

Result<Recognised> Finder::recognise_file(const std::string& path) {
  FileOps& files = system_->files;
  const UniqueFd file = LBX_TRY(files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
  std::string head(kRecognisedHead, '\0');
  const std::size_t got = LBX_TRY(files.read_at(file.get(), head.data(), head.size(), 0));
  head.resize(got);
  const Compression compression = detect_compression(head);
  if (compression != Compression::None) {
    Result<std::string> expanded = expand_head(*system_, file.get(), compression, kRecognisedHead);
    if (!expanded && expanded.error().retry == Retry::Later) return expanded.error();
    if (!expanded) {
      return Recognised{ContentKind::Unsupported, "a compressed file, damaged or ending too early"};
    }
    head = std::move(*expanded);
  }
  const Recognised what = recognise(head, last_part(path));
  const bool single = what.kind == ContentKind::Message || what.kind == ContentKind::Emlx;
  if (compression != Compression::None && (single || what.kind == ContentKind::Zip)) {
    return Recognised{ContentKind::Unsupported, "a compressed single file: expand it first"};
  }
  return what;
}

Result<void> Finder::look_at(const std::string& path) {
  const struct stat status = LBX_TRY(system_->files.stat_at(AT_FDCWD, path));
  if (S_ISREG(status.st_mode)) return look_at_file(path, status);
  if (!S_ISDIR(status.st_mode)) return Error::never(path + ": is not a regular file");
  const std::size_t before = tree.found.size() + tree.unreadable.size();
  const std::uint64_t files = tree.passed_over;
  if (system_->files.stat_at(AT_FDCWD, path + "/cur") &&
      system_->files.stat_at(AT_FDCWD, path + "/new")) {
    return Error::never(path + kUseMaildir);
  }
  // An unpacked archive of Google: what is below it is named with it.
  constexpr std::string_view kTakeout = "Takeout";
  LBX_TRY(walk({path, last_part(path) == kTakeout ? std::string{kTakeout} : "", 0}));
  if (tree.found.size() + tree.unreadable.size() > before) return {};
  return Error::never(path + ": no mail was found in it, though it has " +
                      std::to_string(tree.passed_over - files) + " other files");
}

/// The reader of mboxes says best why it is none; or it is one behind some other text.
Result<void> Finder::refuse(const std::string& path, std::uint64_t size) {
  const UniqueFd file = LBX_TRY(system_->files.open_at(AT_FDCWD, path, O_RDONLY | O_NONBLOCK));
  const Result<MboxReader> reader = MboxReader::open(system_->files, file.get(), size, {});
  if (reader) return {};
  Error error = reader.error();
  error.what = path + ": " + error.what;
  return error;
}

Result<void> Finder::look_at_file(const std::string& path, const struct stat& status) {
  const Recognised what = LBX_TRY(recognise_file(path));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::string name{last_part(path)};
  switch (what.kind) {
    case ContentKind::Unsupported:
      return Error::never(path + ": this is " + what.what + ", which cannot be read");
    case ContentKind::Zip:
    case ContentKind::Tar:
      tree.found.push_back({FoundMail::Kind::Archive, path, {}, size});
      return {};
    case ContentKind::Message:
    case ContentKind::Emlx: {
      const MessageForm form =
          what.kind == ContentKind::Emlx ? MessageForm::Emlx : MessageForm::Plain;
      const std::string parent = split_path(path).parent;
      tree.found.push_back(
          {FoundMail::Kind::Messages, parent, {}, size, {{name, size, form}}, true});
      return {};
    }
    case ContentKind::Other:
      LBX_TRY(refuse(path, size));
      break;
    case ContentKind::Mailbox:
    case ContentKind::Empty:
      break;
  }
  tree.found.push_back({FoundMail::Kind::Mailbox, path, {}, size});
  return {};
}

Result<Listing> Finder::list(const Directory& directory) {
  Listing out;
  for (const DirectoryEntry& each : LBX_TRY(system_->files.list(AT_FDCWD, directory.path))) {
    const std::string path = directory.path + '/' + each.name;
    const Result<struct stat> status = system_->files.stat_at(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
    if (!status) continue;  // gone meanwhile
    if (S_ISDIR(status->st_mode)) {
      if (!is_target(*status) && !each.name.starts_with('.')) out.directories.push_back(each.name);
    } else if (!S_ISREG(status->st_mode)) {
      pass_over(path);
    } else if (!is_index(each.name)) {
      out.files.push_back({each.name, static_cast<std::uint64_t>(status->st_size)});
    }
    if (++files_ > kMaxTreeFiles) {
      return Error::never(directory.path + ": more than " + std::to_string(kMaxTreeFiles) +
                          " files");
    }
  }
  std::ranges::sort(out.files, {}, &FileName::name);
  std::ranges::sort(out.directories);
  return out;
}

/// Pipermail's months, in order. They are none where the mailbox they were made from is there too;
/// a month that is there twice, compressed and not, is taken once.
void Finder::take_months(const Directory& directory, Listing& listing) {
  std::vector<std::pair<std::string, FileName>> months;
  std::erase_if(listing.files, [&months](FileName& each) {
    std::string date = pipermail_date(each.name);
    const bool month = !date.empty();
    if (month) months.emplace_back(std::move(date), std::move(each));
    return month;
  });
  std::ranges::sort(months, [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.name) < std::tie(b.first, b.second.name);
  });
  const bool known = mailing_lists_.contains(directory.path);
  std::string last;
  for (const auto& [date, file] : months) {
    const std::string stem{without_compression(file.name)};
    const std::string path = directory.path + '/' + file.name;
    if (known || std::exchange(last, stem) == stem) {
      pass_over(path);
    } else {
      tree.found.push_back({FoundMail::Kind::Mailbox, path,
                            levels_of_directory(without_wrapping(directory.inside)), file.size});
    }
  }
}

void Finder::take_messages(const Directory& directory, std::vector<MessageFile> messages) {
  if (messages.empty()) return;
  std::ranges::sort(messages, in_order);
  FoundMail found{FoundMail::Kind::Messages, directory.path,
                  levels_of_directory(without_wrapping(directory.inside))};
  for (const MessageFile& each : messages) found.size += each.size;
  found.messages = std::move(messages);
  tree.found.push_back(std::move(found));
}

Result<void> Finder::take_file(const Directory& directory, const FileName& file,
                               std::vector<MessageFile>& messages) {
  const std::string path = directory.path + '/' + file.name;
  const std::string inside = directory.inside + '/' + file.name;
  const Result<Recognised> what = recognise_file(path);
  if (!what) {
    tree.unreadable.push_back(path + ": " + what.error().what);
    return {};
  }
  const bool number = is_mh_name(file.name);
  switch (what->kind) {
    case ContentKind::Empty:
      break;
    case ContentKind::Mailbox:
      tree.found.push_back(
          {FoundMail::Kind::Mailbox, path, levels_of_mailbox(without_wrapping(inside)), file.size});
      break;
    case ContentKind::Message:
      messages.push_back({file.name, file.size, MessageForm::Plain, number});
      break;
    case ContentKind::Emlx:
      messages.push_back({file.name, file.size, MessageForm::Emlx, false});
      break;
    case ContentKind::Zip:
    case ContentKind::Tar:
      // Many a document is a zip too.
      if (ends_with_fold(file.name, ".zip") || ends_with_fold(file.name, ".tgz") ||
          ends_with_fold(without_compression(file.name), ".tar")) {
        tree.found.push_back({FoundMail::Kind::Archive, path,
                              levels_of_directory(without_wrapping(directory.inside)), file.size});
      } else {
        pass_over(path);
      }
      break;
    case ContentKind::Unsupported:
      tree.unreadable.push_back(path + ": this is " + what->what + ", which cannot be read");
      break;
    case ContentKind::Other:
      pass_over(path);
      break;
  }
  return {};
}

/// Thunderbird: Mail/ and ImapMail/ have a directory for each account. The folders of the only one
/// that has mail, or the only one beside "Local Folders", are those of the tree; those of several
/// lie below the account's name.
Result<bool> Finder::walk_profile(const Directory& directory, const Listing& listing) {
  const bool profile = listing.has_file("prefs.js") &&
                       (listing.has_directory("Mail") || listing.has_directory("ImapMail"));
  if (!profile) return false;
  std::vector<Directory> accounts;
  std::size_t servers = 0;
  for (const char* kind : {"ImapMail", "Mail"}) {
    if (!listing.has_directory(kind)) continue;
    const Directory all{directory.path + '/' + kind, directory.inside, directory.depth + 1};
    for (const std::string& each : LBX_TRY(list(all)).directories) {
      Directory account{all.path + '/' + each, directory.inside + '/' + each, all.depth + 1};
      if (!LBX_TRY(has_mail(account.path, account.depth))) continue;
      if (each != kLocalFolders) ++servers;
      accounts.push_back(std::move(account));
    }
  }
  for (Directory& each : accounts) {
    const bool local = last_part(each.path) == kLocalFolders;
    if (accounts.size() == 1 || (servers == 1 && !local)) each.inside = directory.inside;
    LBX_TRY(walk(each));
  }
  return true;
}

Result<bool> Finder::has_mail(const std::string& path, int depth) {
  Finder other{*system_, target_};
  LBX_TRY(other.walk({path, "", depth}));
  return !other.tree.found.empty() || !other.tree.unreadable.empty();
}

Result<void> Finder::walk(const Directory& directory) {
  if (directory.depth > kMaxTreeDepth) {
    return Error::never(directory.path + ": directories are too deep within each other");
  }
  Result<Listing> listed = list(directory);
  if (!listed) {
    tree.unreadable.push_back(directory.path + ": " + listed.error().what);
    return {};
  }
  Listing& listing = *listed;
  if (listing.has_directory("cur") && listing.has_directory("new")) {
    tree.unreadable.push_back(directory.path + kUseMaildir);
    return {};
  }
  if (LBX_TRY(walk_profile(directory, listing))) return {};
  for (const std::string& each : listing.directories) {
    constexpr std::string_view kMboxSuffix = ".mbox";
    if (!each.ends_with(kMboxSuffix)) continue;
    const std::string path = directory.path + '/' + each;
    std::string archive = path;
    archive.append("/").append(each);
    const Result<struct stat> whole = system_->files.stat_at(AT_FDCWD, archive);
    if (whole && whole->st_size > 0) {
      mailing_lists_.insert(path.substr(0, path.size() - kMboxSuffix.size()));
    }
  }
  take_months(directory, listing);
  std::vector<MessageFile> messages;
  for (const FileName& each : listing.files) LBX_TRY(take_file(directory, each, messages));
  take_messages(directory, std::move(messages));
  for (const std::string& each : listing.directories) {
    LBX_TRY(
        walk({directory.path + '/' + each, directory.inside + '/' + each, directory.depth + 1}));
  }
  return {};
}

}  // namespace

Result<MailTree> find_mail(System& system, const std::vector<std::string>& paths,
                           const std::string& target) {
  const Result<struct stat> status = system.files.stat_at(AT_FDCWD, target);
  Finder finder{system, status ? std::optional{*status} : std::nullopt};
  for (const std::string& each : paths) LBX_TRY(finder.look_at(each));
  return std::move(finder.tree);
}

}  // namespace lbx::convert
