// SPDX-License-Identifier: MIT
#include "convert/mbox2maildir.h"

#include <set>
#include <utility>

#include "convert/archive_source.h"
#include "convert/lazy_source.h"
#include "convert/record_lines.h"
#include "core/base/digest.h"

namespace lbx::convert {

Result<std::vector<std::unique_ptr<Source>>> open_mboxes(System& system, LockOps& locks,
                                                         const std::vector<SourcePath>& paths,
                                                         const MboxSource::Options& options) {
  std::vector<std::unique_ptr<Source>> sources;
  std::set<std::string> seen;
  for (const SourcePath& each : paths) {
    if (!seen.insert(each.name).second) continue;
    MboxSource source = LBX_TRY(MboxSource::open(system, locks, each.path, each.name, options));
    sources.push_back(std::make_unique<MboxSource>(std::move(source)));
  }
  return sources;
}

namespace {

FolderName folder_of(const FoundMail& found, const FolderRule& rule) {
  std::vector<std::string> levels = rule.below;
  if (!rule.flat) levels.insert(levels.end(), found.levels.begin(), found.levels.end());
  return FolderName::of_levels(levels);
}

template <typename Kind>
Result<std::unique_ptr<Source>> owned(Result<Kind> source) {
  if (!source) return source.error();
  return std::unique_ptr<Source>{std::make_unique<Kind>(std::move(*source))};
}

/// How to open it when its turn comes.
LazySource::Open opener(System& system, LockOps& locks, const FoundMail& found,
                        const std::string& name, const MboxSource::Options& options,
                        const FolderRule& rule) {
  MboxSource::Options mbox = options;
  mbox.folder = folder_of(found, rule);
  switch (found.kind) {
    case FoundMail::Kind::Mailbox:
      return [&system, &locks, path = found.path, name, mbox] {
        return owned(MboxSource::open(system, locks, path, name, mbox));
      };
    case FoundMail::Kind::Archive: {
      ArchiveSource::Options archive{options, rule.below, rule.flat};
      if (!rule.flat) {
        archive.below.insert(archive.below.end(), found.levels.begin(), found.levels.end());
      }
      return [&system, &locks, path = found.path, name, archive] {
        return owned(ArchiveSource::open(system, locks, path, name, archive));
      };
    }
    case FoundMail::Kind::Messages:
      break;
  }
  return [&system, found, name, folder = mbox.folder] {
    return owned(MessageFilesSource::open(system, found.path, name, found.messages, folder));
  };
}

}  // namespace

std::vector<std::unique_ptr<Source>> open_tree(
    System& system, LockOps& locks, const MailTree& tree, const MboxSource::Options& options,
    const FolderRule& rule, const std::function<std::string(const std::string&)>& absolute) {
  std::vector<std::unique_ptr<Source>> sources;
  std::set<std::string> seen;
  for (const FoundMail& each : tree.found) {
    std::string name = absolute(each.path);
    if (each.single) name += '/' + each.messages.front().name;
    if (!seen.insert(name).second) continue;
    sources.push_back(std::make_unique<LazySource>(
        name, each.size, options.live || each.kind == FoundMail::Kind::Messages,
        opener(system, locks, each, name, options, rule)));
  }
  return sources;
}

std::string fingerprint_of(const MailTree& tree, const FolderRule& rule) {
  constexpr std::size_t kDigits = 16;
  std::string text;
  for (const FoundMail& each : tree.found) {
    text += each.path + '\0' + folder_of(each, rule).directory() + '\0';
  }
  return sha256_hex(text).substr(0, kDigits);
}

std::string fingerprint_of(const MboxSource::Options& options) {
  const auto word = [](bool value, char letter) { return value ? letter : '-'; };
  std::string text{"mbox:"};
  text += options.read.dialect ? to_string(*options.read.dialect) : "any";
  text += ':';
  text += word(options.read.keep_status, 'k');
  text += word(options.read.borders.mime, 'm');
  text += word(options.skip_deleted, 'd');
  text += static_cast<char>('0' + static_cast<int>(options.labels));
  if (!options.folder.is_inbox()) text += ':' + escape_word(options.folder.directory());
  return text;
}

}  // namespace lbx::convert
