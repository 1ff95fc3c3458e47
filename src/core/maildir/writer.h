// SPDX-License-Identifier: MIT
// One message into one Maildir (maildir(5), DESIGN section 6): write, fsync the file, publish it
// into new/, fsync new/. (Where the file system keeps the order of changes, the first fsync may be
// a mere writing back: Durability.) After a successful commit() no crash can lose the message. If
// only the last step fails it may be delivered twice: twice, never not at all. What a crash leaves
// is nothing (O_TMPFILE), or a file in tmp/ that readers clear after 36 hours.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/maildir/unique_name.h"
#include "core/message/line_endings.h"

namespace lbx {

/// How a finished file gets its name in new/; from the best to what every file system has. Chosen
/// for each directory by what the kernel says of it.
enum class Publish {
  LinkUnnamed,      // O_TMPFILE, then linkat: nothing is ever left in tmp/
  RenameNoReplace,  // renameat2(RENAME_NOREPLACE)
  LinkUnlink,       // link, then unlink of the name in tmp/; NFS: the link count tells
  Rename,           // the random part of the name makes it safe
};

/// What is synced for a message, and when.
enum class Durability {
  FileThenName,  // fsync the file, publish, fsync the directory: right on every file system
  /// Write the data back, publish, fsync the directory. Where FileOps::keeps_order(), a power cut
  /// leaves the same as ever: the message whole, or no name; and one commit of the journal is
  /// saved.
  NameSettlesFile,
};

/// Where in the Maildir a message goes. Deliveries go to new/; conversions know more.
struct MaildirPlace {
  enum class Folder { New, Cur };
  Folder folder{Folder::New};
  MaildirFlags flags;  // for Cur only
};

class MaildirWriter {
 public:
  /// Begins a message below `maildir`, a directory descriptor. `system` and `maildir` must outlive
  /// the writer. Every error is Retry::Later, even a missing tmp/: a disk may not be mounted.
  static Result<MaildirWriter> open(System& system, int maildir);
  /// The same with the ladder entered at `publish`, where a caller knows better.
  static Result<MaildirWriter> open(System& system, int maildir, Publish publish);

  MaildirWriter(MaildirWriter&& other) noexcept;
  MaildirWriter& operator=(MaildirWriter&&) = delete;
  ~MaildirWriter();  // removes tmp/NAME, best effort

  /// Makes `identity` the random part of the name, so that whoever repeats a delivery finds what an
  /// earlier attempt left (find_message). Time and pid still tell two messages apart.
  void identify(std::uint64_t identity);

  /// Appends `bytes` as they are: no line ending is touched, no "From " quoted.
  Result<void> write(std::string_view bytes);

  /// The file's time, which readers take as the time of delivery. Without it: now.
  Result<void> set_modified(Instant time);

  /// Writes out what is buffered, without syncing it.
  Result<void> flush();

  /// Whether Durability::NameSettlesFile is right for this file.
  Result<bool> keeps_order() const { return system_->files.keeps_order(file_.get()); }

  /// How the message becomes durable; without it FileThenName.
  void choose(Durability durability) { durability_ = durability; }

  /// flush(), and what must have happened to the file before it gets its name.
  Result<void> settle();

  /// Gives the message its name; what was not settled before may be lost in a crash, and the name
  /// too until its directory is synced. For conversions that sync many files at once; deliveries
  /// use commit(). The writer is spent whatever the outcome. Returns the file name, flags included.
  Result<std::string> publish(const MaildirPlace& place) &&;

  /// settle(), publish() into new/, fsync of new/. The writer is spent whatever the outcome.
  Result<std::string> commit() &&;

  /// Octets written so far, and what they are with CRLF line ends.
  const OctetCounter& octets() const { return octets_; }

 private:
  MaildirWriter(System& system, int maildir, Publish publish, UniqueName::Seed seed);
  Result<void> create();
  Result<void> create_named();
  Result<void> give_name(const std::string& target);
  Result<void> link_checked(const std::string& target);
  Result<void> rename_checked(const std::string& target);
  void remove_tmp();
  void renew_seed();

  System* system_;
  int maildir_;
  Publish publish_;
  Durability durability_{Durability::FileThenName};
  UniqueName::Seed seed_;
  std::optional<std::uint64_t> identity_;
  UniqueFd file_;
  std::string buffer_;
  OctetCounter octets_;
  std::string tmp_;  // "tmp/NAME" while that name is ours, else empty
};

}  // namespace lbx
