// SPDX-License-Identifier: MIT
#include "pop3d/index_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/mapped_file.h"
#include "pop3d/name_file.h"
#include "pop3d/name_index.h"

namespace lbx::pop3d {
namespace {

constexpr std::array<char, 8> kMagic{'l', 'b', 'x', 'p', 'o', 'p', '3', 'i'};
constexpr std::uint32_t kIndexVersion = 1;
constexpr std::uint32_t kByteOrder = 0x01020304;  // another machine's numbers are no index

/// Behind it: rows, times, ids, slots, names, the text of ids.
struct DiskHead {
  std::array<char, 8> magic;
  std::uint32_t version;
  std::uint32_t byte_order;
  std::uint64_t size;      // of the whole file
  std::uint64_t checksum;  // of all that follows
  IndexHead head;
  std::uint64_t rows;
  std::uint64_t ids;
  std::uint64_t slots;
  std::uint64_t names;
  std::uint64_t id_text;
};
static_assert(std::is_trivially_copyable_v<DiskHead> && sizeof(DiskHead) % 8 == 0);
constexpr std::size_t kUnchecked = offsetof(DiskHead, head);

/// The next `count` rows of a kind. The file is aligned, and so is every section before the texts.
template <typename Row>
std::span<const Row> take_rows(std::string_view& bytes, std::size_t count) {
  const auto* const first = reinterpret_cast<const Row*>(bytes.data());  // NOLINT: see above
  bytes.remove_prefix(count * sizeof(Row));
  return {first, count};
}

std::string_view take_text(std::string_view& bytes, std::size_t size) {
  const std::string_view text = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return text;
}

template <typename Row>
void append_rows(std::string& out, std::span<const Row> rows) {
  out.append(reinterpret_cast<const char*>(rows.data()), rows.size_bytes());  // NOLINT: octets
}

class ReadIndex final : public IndexFile {
 public:
  static std::shared_ptr<IndexFile> make(std::string bytes) {
    std::shared_ptr<ReadIndex> index{new ReadIndex{std::move(bytes)}};
    return index->take(index->bytes_) ? index : nullptr;
  }

 private:
  explicit ReadIndex(std::string bytes) : bytes_{std::move(bytes)} {}
  std::string bytes_;
};

class MappedIndex final : public IndexFile {
 public:
  static std::shared_ptr<IndexFile> make(MappedFile file) {
    std::shared_ptr<MappedIndex> index{new MappedIndex{std::move(file)}};
    return index->take(index->file_.bytes()) ? index : nullptr;
  }

 private:
  explicit MappedIndex(MappedFile file) : file_{std::move(file)} {}
  MappedFile file_;
};

/// What can be read of it.
std::string bytes_of(FileOps& files, int file, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const Result<std::size_t> got = files.read(file, bytes.data() + done, size - done);
    if (!got || *got == 0) break;
    done += *got;
  }
  bytes.resize(done);
  return bytes;
}

bool may_map(FileOps& files, int maildir, const struct stat& status) {
  if (static_cast<std::uint64_t>(status.st_size) < kMapFrom) return false;
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return false;
  const Result<struct stat> folder = files.stat_fd(maildir);
  if (!folder || folder->st_uid != status.st_uid) return false;
  const Result<FileSystemKind> kind = files.file_system(maildir);
  return kind && *kind == FileSystemKind::Local;
}

}  // namespace

std::shared_ptr<const IndexFile> IndexFile::read(FileOps& files, int maildir) {
  return open(files, maildir, Mapped::WhereSafe);
}

std::shared_ptr<const IndexFile> IndexFile::map(FileOps& files, int maildir) {
  return open(files, maildir, Mapped::Only);
}

std::shared_ptr<const IndexFile> IndexFile::open(FileOps& files, int maildir, Mapped mapped) {
  const Result<UniqueFd> file =
      files.open_at(maildir, kIndexFile, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (!file) return nullptr;
  const Result<struct stat> status = files.stat_fd(file->get());
  if (!status || !S_ISREG(status->st_mode)) return nullptr;
  const auto size = static_cast<std::uint64_t>(status->st_size);
  if (size < sizeof(DiskHead) || size > kMaxIndexFile) return nullptr;

  std::shared_ptr<IndexFile> index;
  std::optional<MappedFile> memory =
      may_map(files, maildir, *status)
          ? MappedFile::map(file->get(), static_cast<std::size_t>(size))
          : std::nullopt;
  if (memory) {
    index = MappedIndex::make(*std::move(memory));
  } else if (mapped == Mapped::WhereSafe) {
    index = ReadIndex::make(bytes_of(files, file->get(), static_cast<std::size_t>(size)));
  }
  if (index) index->written_ = status->st_mtim.tv_sec;
  return index;
}

std::shared_ptr<const IndexFile> IndexFile::parse(std::string bytes) {
  return ReadIndex::make(std::move(bytes));
}

bool IndexFile::take(std::string_view bytes) {
  if (bytes.size() < sizeof(DiskHead) || bytes.size() > kMaxIndexFile) return false;
  DiskHead disk{};
  std::memcpy(&disk, bytes.data(), sizeof disk);
  if (disk.magic != kMagic || disk.version != kIndexVersion || disk.byte_order != kByteOrder ||
      disk.size != bytes.size() || disk.checksum != name_hash(bytes.substr(kUnchecked))) {
    return false;
  }
  checksum_ = disk.checksum;
  return take_sections(bytes) && is_sound();
}

bool IndexFile::take_sections(std::string_view bytes) {
  DiskHead disk{};
  std::memcpy(&disk, bytes.data(), sizeof disk);
  for (const std::uint64_t count : {disk.rows, disk.ids, disk.slots, disk.names, disk.id_text}) {
    if (count > bytes.size()) return false;
  }
  const std::uint64_t size = sizeof disk + disk.rows * (sizeof(MessageRow) + sizeof(std::int64_t)) +
                             disk.ids * sizeof(OwnId) + disk.slots * sizeof(std::uint32_t) +
                             disk.names + disk.id_text;
  if (size != bytes.size()) return false;
  bytes.remove_prefix(sizeof disk);
  parts_.head = disk.head;
  parts_.rows = take_rows<MessageRow>(bytes, disk.rows);
  parts_.times = take_rows<std::int64_t>(bytes, disk.rows);
  parts_.ids = take_rows<OwnId>(bytes, disk.ids);
  slots_ = take_rows<std::uint32_t>(bytes, disk.slots);
  parts_.names = take_text(bytes, disk.names);
  parts_.id_text = take_text(bytes, disk.id_text);
  return true;
}

/// Whoever has made up the checksum too may tell lies, and lead nobody out of the file or the
/// folders.
bool IndexFile::is_sound() const {
  const std::size_t count = parts_.rows.size();
  if (!std::has_single_bit(slots_.size()) || slots_.size() % 2 != 0) return false;
  if (std::ranges::find(slots_, kFreeSlot) == slots_.end()) return false;
  if (!std::ranges::all_of(slots_,
                           [&](std::uint32_t slot) { return slot < count || slot == kFreeSlot; })) {
    return false;
  }
  if (!parts_.ids.empty() && parts_.ids.size() != count) return false;
  if (!std::ranges::all_of(parts_.ids, [&](const OwnId& id) {
        return std::uint64_t{id.at} + id.size <= parts_.id_text.size();
      })) {
    return false;
  }
  if (!std::ranges::all_of(parts_.id_text, &ascii::is_graph)) return false;
  if (parts_.names.find('/') != std::string_view::npos) return false;
  if (parts_.names.find('\0') != std::string_view::npos) return false;
  return std::ranges::all_of(parts_.rows, [&](const MessageRow& row) {
    return std::uint64_t{row.name} + row.size <= parts_.names.size() && row.base_size > 0 &&
           row.base_size <= row.size && parts_.names[row.name] != '.';
  });
}

std::optional<std::uint32_t> IndexFile::find(std::string_view wanted) const {
  const std::uint32_t number =
      slots_[slot_of(slots_, wanted, [this](std::uint32_t message, std::string_view name) {
        return base(message) == name;
      })];
  if (number == kFreeSlot) return std::nullopt;
  return number;
}

std::string encode_index(const IndexParts& parts) {
  const std::size_t count = parts.rows.size();
  std::vector<MessageRow> rows{parts.rows.begin(), parts.rows.end()};
  std::string names;
  NameIndex slots{count};
  const auto base = [&](std::uint32_t message) {
    return std::string_view{names}.substr(rows[message].name, rows[message].base_size);
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    rows[i].name = static_cast<std::uint32_t>(names.size());
    names += parts.names.substr(parts.rows[i].name, parts.rows[i].size);
    slots.add(base(i), i,
              [&](std::uint32_t other, std::string_view name) { return base(other) == name; });
  }
  DiskHead disk{kMagic,
                kIndexVersion,
                kByteOrder,
                0,
                0,
                parts.head,
                count,
                parts.ids.size(),
                slots.slots().size(),
                names.size(),
                parts.id_text.size()};
  disk.size = sizeof disk + count * (sizeof(MessageRow) + sizeof(std::int64_t)) +
              parts.ids.size_bytes() + slots.slots().size_bytes() + names.size() +
              parts.id_text.size();
  std::string bytes;
  bytes.reserve(disk.size);
  append_rows(bytes, std::span<const DiskHead>{&disk, 1});
  append_rows(bytes, std::span<const MessageRow>{rows});
  append_rows(bytes, parts.times);
  append_rows(bytes, parts.ids);
  append_rows(bytes, slots.slots());
  bytes += names;
  bytes += parts.id_text;
  disk.checksum = name_hash(std::string_view{bytes}.substr(kUnchecked));
  std::memcpy(bytes.data(), &disk, sizeof disk);
  return bytes;
}

Result<std::uint64_t> write_index(System& system, int maildir, const IndexParts& parts) {
  const std::string bytes = encode_index(parts);
  if (bytes.size() > kMaxIndexFile) return Error::later("the index would be too large");
  LBX_TRY(replace_own_file(system, maildir, kIndexFile, bytes, WriteSync::No));
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, bytes.data() + offsetof(DiskHead, checksum), sizeof checksum);
  return checksum;
}

}  // namespace lbx::pop3d
