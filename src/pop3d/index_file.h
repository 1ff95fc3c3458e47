// SPDX-License-Identifier: MIT
// The file letterbox-pop3-index of a Maildir: its messages as the last session to look through it
// found them, in the order of their numbers, with their sizes and ids. It promises:
//   - it may be lost at any time, which costs time and changes no size and no id;
//   - while it says that it is settled and the folders are as it says, it is the whole truth, and
//     nobody need read them; else it still tells the sizes of the messages that are in it;
//   - a reader sees a whole one (version, checksum, bounds) or none;
//   - nobody changes it: it is replaced by rename(2) of a name that is the writer's alone. So
//     sessions may share it in memory, and on two nodes write it at once.
//
// It is mapped where that is safe: on a local file system, and where nobody but the owner of the
// Maildir could make it shorter meanwhile. Elsewhere, and where it is small, it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/folder_state.h"
#include "pop3d/index_rows.h"

namespace lbx::pop3d {

inline constexpr const char* kIndexFile = "letterbox-pop3-index";
/// Octets of it at most: enough for four million messages.
inline constexpr std::uint64_t kMaxIndexFile = std::uint64_t{512} * 1024 * 1024;
/// Where it is smaller, mapping is not worth its trouble.
inline constexpr std::uint64_t kMapFrom = std::uint64_t{128} * 1024;

struct IndexHead {
  enum Flags : std::uint32_t {
    Settled = 1,     // the folders had been as they are for a while
    Imports = 2,     // ids of another server were looked for
    NamedSizes = 4,  // some sizes are only what names say
  };

  FolderState folders;
  Stamp ids_file;  // letterbox-pop3-ids, from which some ids are
  std::uint32_t flags;
  std::uint32_t unused;  // 0

  bool is(Flags flag) const { return (flags & flag) != 0; }
};

struct IndexParts {
  IndexHead head{};
  std::span<const MessageRow> rows;
  std::span<const std::int64_t> times;  // one for each: nanoseconds since 1970
  std::span<const OwnId> ids;           // one for each, or none at all: see ids.h
  std::string_view names;
  std::string_view id_text;
};

class IndexFile {
 public:
  /// None: there is no such file, or none that is whole.
  static std::shared_ptr<const IndexFile> read(FileOps& files, int maildir);
  /// The same, but only where it is mapped.
  static std::shared_ptr<const IndexFile> map(FileOps& files, int maildir);
  static std::shared_ptr<const IndexFile> parse(std::string bytes);
  virtual ~IndexFile() = default;

  const IndexParts& parts() const { return parts_; }
  std::uint64_t checksum() const { return checksum_; }
  /// When it was written, in seconds since 1970.
  std::int64_t written() const { return written_; }
  std::string_view base(std::size_t message) const {
    return parts_.names.substr(parts_.rows[message].name, parts_.rows[message].base_size);
  }
  /// The message of a base name; one of them, if several have it.
  std::optional<std::uint32_t> find(std::string_view base) const;

 protected:
  IndexFile() = default;
  /// Takes `bytes`, which must stay; false: they are no index.
  bool take(std::string_view bytes);

 private:
  enum class Mapped { Only, WhereSafe };
  static std::shared_ptr<const IndexFile> open(FileOps& files, int maildir, Mapped mapped);
  bool take_sections(std::string_view bytes);
  bool is_sound() const;

  IndexParts parts_;
  std::span<const std::uint32_t> slots_;
  std::uint64_t checksum_{0};
  std::int64_t written_{0};
};

/// The octets of an index. Names may lie anywhere in `parts.names`.
std::string encode_index(const IndexParts& parts);

/// Replaces the index of a Maildir; not synced, since it may be lost. Returns its checksum.
Result<std::uint64_t> write_index(System& system, int maildir, const IndexParts& parts);

}  // namespace lbx::pop3d
