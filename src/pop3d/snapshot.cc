// SPDX-License-Identifier: MIT
#include "pop3d/snapshot.h"

#include <malloc.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "pop3d/index_file.h"
#include "pop3d/scan.h"

namespace lbx::pop3d {
namespace {

/// Folders with fewer messages, whose names tell all, are read as fast as an index.
constexpr std::size_t kWorthAnIndex = 64;
/// An index of so many messages is small enough to be written at any time.
constexpr std::size_t kSmall = 1024;

class Looker {
 public:
  Looker(System& system, int maildir, SnapshotOptions options)
      : system_{system}, maildir_{maildir}, options_{std::move(options)} {
    const bool ours = options_.dialect == Dialect::Letterbox;
    options_.remember = options_.remember && ours;
    if (!ours) options_.import.from = Import::None;
  }

  Result<Snapshot> run();

 private:
  bool imports() const { return options_.import.from != Import::None; }
  IndexHead head_now();
  bool says_all(const IndexHead& head);
  bool worth_writing(const Scan& scan, const IndexHead& head);
  void keep(const Scan& scan, Snapshot& snapshot, IndexHead head);
  static Snapshot lent(const std::shared_ptr<const IndexFile>& index);

  System& system_;
  int maildir_;
  SnapshotOptions options_;
  std::shared_ptr<const IndexFile> index_;
};

Result<Snapshot> Looker::run() {
  IndexHead head{};
  if (options_.remember) {
    index_ = IndexFile::read(system_.files, maildir_);
    head = head_now();
    if (index_ && says_all(head)) return lent(index_);
  }
  Scan scan = LBX_TRY(scan_folders(
      system_, maildir_,
      {options_.dialect, options_.remember, options_.trust_names, options_.threads}, index_.get()));
  Snapshot snapshot;
  const NameFile known = load_ids(system_, maildir_, scan.messages, options_.import);
  snapshot.ids.assign(scan.messages, known);
  if (options_.remember && worth_writing(scan, head)) {
    keep(scan, snapshot, head);
  }
  if (snapshot.messages.count() == 0) snapshot.messages = MessageTable{std::move(scan.messages)};
  return snapshot;
}

/// What the folders are like before they are read: what changes later makes them different.
IndexHead Looker::head_now() {
  FileOps& files = system_.files;
  IndexHead head{};
  head.folders = folder_state(files, maildir_);
  if (imports()) {
    head.ids_file = stamp_of(files, maildir_, kIdsFile);
    head.flags |= IndexHead::Imports;
  }
  if (is_settled(system_, maildir_, head.folders)) head.flags |= IndexHead::Settled;
  return head;
}

bool Looker::says_all(const IndexHead& head) {
  const IndexHead& known = index_->parts().head;
  if (!known.is(IndexHead::Settled) || !head.is(IndexHead::Settled)) return false;
  if (known.folders != head.folders) return false;
  if (known.is(IndexHead::NamedSizes) && !options_.trust_names) return false;
  if (known.is(IndexHead::Imports) != imports()) return false;
  // Ids that were taken over may not be lost, so that file is looked at where it should be.
  return !imports() || (head.ids_file.inode != 0 && known.ids_file == head.ids_file);
}

bool Looker::worth_writing(const Scan& scan, const IndexHead& head) {
  const std::size_t count = scan.messages.count();
  const bool news = scan.measured > 0 || head.is(IndexHead::Settled);
  if (!news) return false;
  if (!index_) return scan.measured > 0 || count >= kWorthAnIndex;
  const std::size_t changed = scan.measured + scan.unlike_index;
  if (count < kSmall || changed * kWorthWriting >= count) return true;
  const std::int64_t age = system_.clock.now().seconds - index_->written();
  return age < 0 || age >= kRewriteSeconds;
}

/// Writes the index; where it is mapped, the session needs no memory of its own for the messages.
void Looker::keep(const Scan& scan, Snapshot& snapshot, IndexHead head) {
  const auto rows = scan.messages.rows();
  if (std::ranges::any_of(rows,
                          [](const MessageRow& row) { return row.is(MessageRow::NamedSize); })) {
    head.flags |= IndexHead::NamedSizes;
  }
  // It may have been written just now.
  if (imports()) head.ids_file = stamp_of(system_.files, maildir_, kIdsFile);
  const Result<std::uint64_t> written = write_index(
      system_, maildir_,
      {head, rows, scan.times, snapshot.ids.own(), scan.messages.names(), snapshot.ids.text()});
  if (!written || rows.size() < kSmall) return;
  const std::shared_ptr<const IndexFile> mapped = IndexFile::map(system_.files, maildir_);
  if (mapped && mapped->checksum() == *written) snapshot = lent(mapped);
}

Snapshot Looker::lent(const std::shared_ptr<const IndexFile>& index) {
  const IndexParts& parts = index->parts();
  return {MessageTable{parts.rows, parts.names, index}, IdTable{parts.ids, parts.id_text, index}};
}

/// The scan of a large Maildir takes several times what the session keeps.
void give_back_memory([[maybe_unused]] std::size_t messages) {
#ifdef __GLIBC__
  constexpr std::size_t kLarge = 4096;
  if (messages >= kLarge) static_cast<void>(::malloc_trim(0));
#endif
}

}  // namespace

Result<Snapshot> take_snapshot(System& system, int maildir, const SnapshotOptions& options) {
  Snapshot snapshot = LBX_TRY(Looker(system, maildir, options).run());
  give_back_memory(snapshot.messages.count());
  return snapshot;
}

}  // namespace lbx::pop3d
