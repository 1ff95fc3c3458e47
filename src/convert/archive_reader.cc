// SPDX-License-Identifier: MIT
#include "convert/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <clocale>

#include "convert/expand.h"
#include "core/base/io.h"

namespace lbx::convert {
namespace {

/// libarchive asks the locale what names are to be converted to.
class Utf8Names {
 public:
  Utf8Names()
      : locale_{::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)},
        before_{locale_ == nullptr ? nullptr : ::uselocale(locale_)} {}
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (locale_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_;
};

struct Free {
  void operator()(archive* reader) const { ::archive_read_free(reader); }
};

}  // namespace

struct ArchiveReader::State {
  FileOps* files;
  int fd;
  std::uint64_t size;
  ArchiveLimits limits;
  std::uint64_t offset{0};
  std::string buffer{};
  std::optional<Error> error{};  // of reading the file
  std::uint64_t members{0};
  std::uint64_t octets{0};
  std::unique_ptr<archive, Free> reader{};
  std::unique_ptr<GzipReader> gzip{};  // libarchive does not look at the checksums of gzip

  // What libarchive calls. It cannot be passed an error of ours, so that is kept.
  static la_ssize_t read(archive* reader, void* self, const void** buffer);
  static la_int64_t seek(archive* reader, void* self, la_int64_t offset, int whence);
  static la_int64_t skip(archive* reader, void* self, la_int64_t octets);

  Result<std::size_t> fill();
  Result<void> read_rest();
  Result<void> count(std::size_t more);
  std::uint64_t position() const;
  Error failure() const;
};

la_ssize_t ArchiveReader::State::read(archive* reader, void* self, const void** buffer) {
  auto& state = *static_cast<State*>(self);
  const Result<std::size_t> got = state.fill();
  if (!got) {
    state.error = got.error();
    ::archive_set_error(reader, EIO, "%s", "cannot be read");
    return -1;
  }
  *buffer = state.buffer.data();
  return static_cast<la_ssize_t>(*got);
}

la_int64_t ArchiveReader::State::seek(archive* /*reader*/, void* self, la_int64_t offset,
                                      int whence) {
  auto& state = *static_cast<State*>(self);
  const auto size = static_cast<la_int64_t>(state.size);
  la_int64_t from = 0;
  if (whence == SEEK_CUR) from = static_cast<la_int64_t>(state.offset);
  if (whence == SEEK_END) from = size;
  const la_int64_t to = std::clamp<la_int64_t>(from + offset, 0, size);
  state.offset = static_cast<std::uint64_t>(to);
  return to;
}

la_int64_t ArchiveReader::State::skip(archive* /*reader*/, void* self, la_int64_t octets) {
  auto& state = *static_cast<State*>(self);
  const std::uint64_t before = state.offset;
  state.offset =
      std::min(state.size, before + static_cast<std::uint64_t>(std::max<la_int64_t>(octets, 0)));
  return static_cast<la_int64_t>(state.offset - before);
}

/// The next octets of the archive into the buffer.
Result<std::size_t> ArchiveReader::State::fill() {
  if (gzip) return gzip->read(buffer.data(), buffer.size());
  Result<std::size_t> got = files->read_at(fd, buffer.data(), buffer.size(), offset);
  if (got) offset += *got;
  return got;
}

/// What lies behind the last member: the checksums of gzip are the end of it.
Result<void> ArchiveReader::State::read_rest() {
  for (std::size_t got = 1; gzip && got > 0;) {
    got = LBX_TRY(fill());
    LBX_TRY(count(got));
  }
  return {};
}

/// So much more was read out of it.
Result<void> ArchiveReader::State::count(std::size_t more) {
  octets += more;
  if (octets > limits.octets) {
    return Error::never("the archive expands to more than " + std::to_string(limits.octets) +
                        " octets (see --max-expanded)");
  }
  if (octets > limits.ratio_from && octets / limits.ratio > position()) {
    return Error::never("the archive expands to more than " + std::to_string(limits.ratio) +
                        " times its size: it is none that mail was stored in");
  }
  return {};
}

std::uint64_t ArchiveReader::State::position() const {
  if (gzip) return gzip->position();
  return static_cast<std::uint64_t>(
      std::max<la_int64_t>(0, ::archive_filter_bytes(reader.get(), -1)));
}

Error ArchiveReader::State::failure() const {
  if (error) return *error;
  const char* why = ::archive_error_string(reader.get());
  return Error::never(std::string{"the archive is damaged, ends too early or is encrypted"} +
                      (why == nullptr ? "" : std::string{" ("} + why + ')'));
}

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_{std::move(state)} {}
ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader& ArchiveReader::operator=(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Result<ArchiveReader> ArchiveReader::open(FileOps& files, int fd, std::uint64_t size,
                                          const ArchiveLimits& limits) {
  auto state = std::make_unique<State>(State{&files, fd, size, limits});
  state->buffer.resize(kIoChunk);
  state->reader.reset(::archive_read_new());
  archive* reader = state->reader.get();
  if (reader == nullptr) return Error::later("out of memory");
  ::archive_read_support_filter_bzip2(reader);
  ::archive_read_support_filter_xz(reader);
  ::archive_read_support_filter_zstd(reader);
  ::archive_read_support_format_zip(reader);
  ::archive_read_support_format_tar(reader);
  ::archive_read_set_callback_data(reader, state.get());
  ::archive_read_set_read_callback(reader, &State::read);
  char magic[2];
  const std::size_t got = LBX_TRY(files.read_at(fd, magic, sizeof magic, 0));
  if (detect_compression({magic, got}) == Compression::Gzip) {
    state->gzip = std::make_unique<GzipReader>(files, fd);
  } else {
    ::archive_read_set_seek_callback(reader, &State::seek);
    ::archive_read_set_skip_callback(reader, &State::skip);
  }
  if (::archive_read_open1(reader) != ARCHIVE_OK) return state->failure();
  return ArchiveReader{std::move(state)};
}

Result<std::optional<std::string>> ArchiveReader::next() {
  const Utf8Names names;
  for (;;) {
    archive_entry* entry = nullptr;
    const int outcome = ::archive_read_next_header(state_->reader.get(), &entry);
    if (outcome == ARCHIVE_EOF) {
      LBX_TRY(state_->read_rest());
      return std::optional<std::string>{};
    }
    if (outcome != ARCHIVE_OK && outcome != ARCHIVE_WARN) return state_->failure();
    if (++state_->members > state_->limits.members) {
      return Error::never("the archive has more than " + std::to_string(state_->limits.members) +
                          " members");
    }
    if (::archive_entry_filetype(entry) != AE_IFREG) continue;
    const char* name = ::archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = ::archive_entry_pathname(entry);
    return std::optional<std::string>{name == nullptr ? "" : name};
  }
}

Result<std::size_t> ArchiveReader::read(char* buffer, std::size_t size) {
  const la_ssize_t got = ::archive_read_data(state_->reader.get(), buffer, size);
  if (got < 0) return state_->failure();
  LBX_TRY(state_->count(static_cast<std::size_t>(got)));
  return static_cast<std::size_t>(got);
}

std::uint64_t ArchiveReader::position() const {
  return state_->position();
}

}  // namespace lbx::convert
