// SPDX-License-Identifier: MIT
#include "convert/expand.h"

#include <fcntl.h>
#include <zstd.h>

#include <algorithm>
#include <boost/iostreams/filter/bzip2.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filtering_streambuf.hpp>
#include <memory>
#include <optional>
#include <string>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/spool.h"

namespace lbx::convert {
namespace {

namespace io = boost::iostreams;

constexpr mode_t kSpoolMode = 0600;

/// What the decompressors read from. It cannot throw: an error ends the input and is kept.
struct Input {
  FileOps* files;
  int fd;
  std::uint64_t offset{0};
  std::optional<Error> error{};
};

class InputDevice {
 public:
  using char_type = char;
  using category = io::source_tag;
  explicit InputDevice(Input& input) : input_{&input} {}

  std::streamsize read(char* buffer, std::streamsize size) {
    const Result<std::size_t> got =
        input_->files->read_at(input_->fd, buffer, static_cast<std::size_t>(size), input_->offset);
    if (!got) input_->error = got.error();
    if (!got || *got == 0) return -1;
    input_->offset += *got;
    return static_cast<std::streamsize>(*got);
  }

 private:
  Input* input_;
};

using Chain = io::filtering_streambuf<io::input>;

void push_decompressor(Chain& chain, Compression compression) {
  switch (compression) {
    case Compression::Gzip:
      chain.push(io::gzip_decompressor{});
      return;
    case Compression::Bzip2:
      chain.push(io::bzip2_decompressor{});
      return;
    case Compression::Xz:
      chain.push(io::lzma_decompressor{});
      return;
    case Compression::Zstd:  // not here: Boost 1.74 takes a truncated file for a whole one
    case Compression::None:
      return;
  }
}

Result<UniqueFd> open_spool(System& system) {
  const std::string dir = spool_folder(system);
  Result<UniqueFd> unnamed = system.files.open_at(AT_FDCWD, dir, O_RDWR | O_TMPFILE, kSpoolMode);
  if (unnamed) return unnamed;
  const std::string path = dir + "/letterbox." + ascii::to_hex(system.randomness.bits64(), 16);
  Result<UniqueFd> named =
      system.files.open_at(AT_FDCWD, path, O_RDWR | O_CREAT | O_EXCL, kSpoolMode);
  if (named) LBX_TRY(system.files.unlink_at(AT_FDCWD, path));
  return named;
}

Error damaged() {
  return Error::never("the compressed data is damaged or ends too early");
}

/// Where the octets go. An error ends the expansion.
using Output = ChunkSink;

/// 0 at the end. Boost throws where the data is damaged: the one place where that is caught.
Result<std::size_t> read_some(Chain& chain, const Input& input, char* buffer, std::size_t size) {
  std::streamsize got = 0;
  try {
    got = chain.sgetn(buffer, static_cast<std::streamsize>(size));
  } catch (const std::ios_base::failure&) {
    if (!input.error) return damaged();
  }
  if (input.error) return *input.error;
  return static_cast<std::size_t>(std::max<std::streamsize>(got, 0));
}

Result<void> expand_by_boost(Input& input, Compression compression, const Output& output) {
  Chain chain;
  push_decompressor(chain, compression);
  chain.push(InputDevice{input});
  std::string chunk(kIoChunk, '\0');
  for (;;) {
    const std::size_t got = LBX_TRY(read_some(chain, input, chunk.data(), chunk.size()));
    if (got == 0) return {};
    LBX_TRY(output(std::string_view{chunk}.substr(0, got)));
  }
}

struct FreeZstd {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

Result<void> expand_zstd(Input& input, const Output& output) {
  const std::unique_ptr<ZSTD_DStream, FreeZstd> stream{ZSTD_createDStream()};
  if (!stream) return Error::later("out of memory");
  std::string from(kIoChunk, '\0');
  std::string to(kIoChunk, '\0');
  std::size_t left = 0;  // of the current frame, as far as zstd can tell; 0 at its end
  for (;;) {
    const std::size_t got =
        LBX_TRY(input.files->read_at(input.fd, from.data(), from.size(), input.offset));
    if (got == 0) return left == 0 ? Result<void>{} : damaged();
    input.offset += got;
    ZSTD_inBuffer in{from.data(), got, 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{to.data(), to.size(), 0};
      left = ZSTD_decompressStream(stream.get(), &out, &in);
      if (ZSTD_isError(left) != 0) return damaged();
      LBX_TRY(output(std::string_view{to}.substr(0, out.pos)));
      more = in.pos < in.size || (left != 0 && out.pos == out.size);
    }
  }
}

Result<void> expand_to(System& system, int fd, Compression compression, const Output& output) {
  Input input{&system.files, fd};
  return compression == Compression::Zstd ? expand_zstd(input, output)
                                          : expand_by_boost(input, compression, output);
}

}  // namespace

struct GzipReader::State {
  State(FileOps& files, int fd) : input{&files, fd} {}
  Input input;
  Chain chain;
};

GzipReader::GzipReader(FileOps& files, int fd) : state_{std::make_unique<State>(files, fd)} {
  push_decompressor(state_->chain, Compression::Gzip);
  state_->chain.push(InputDevice{state_->input});
}
GzipReader::~GzipReader() = default;

Result<std::size_t> GzipReader::read(char* buffer, std::size_t size) {
  return read_some(state_->chain, state_->input, buffer, size);
}

std::uint64_t GzipReader::position() const {
  return state_->input.offset;
}

Compression detect_compression(std::string_view head) {
  if (head.starts_with("\x1f\x8b")) return Compression::Gzip;
  if (head.starts_with("BZh")) return Compression::Bzip2;
  if (head.starts_with("\xfd"
                       "7zXZ")) {
    return Compression::Xz;
  }
  if (head.starts_with("\x28\xb5\x2f\xfd")) return Compression::Zstd;
  return Compression::None;
}

Result<UniqueFd> expand(System& system, int fd, Compression compression, std::uint64_t limit) {
  UniqueFd spool = LBX_TRY(open_spool(system));
  std::uint64_t total = 0;
  LBX_TRY(expand_to(system, fd, compression, [&](std::string_view bytes) -> Result<void> {
    total += bytes.size();
    if (total > limit) {
      return Error::never("expands to more than " + std::to_string(limit) +
                          " octets (see --max-expanded)");
    }
    return write_all(system.files, spool.get(), bytes);
  }));
  return spool;
}

Result<std::string> expand_head(System& system, int fd, Compression compression,
                                std::size_t octets) {
  std::string head;
  const Result<void> expanded =
      expand_to(system, fd, compression, [&](std::string_view bytes) -> Result<void> {
        head += bytes;
        return head.size() < octets ? Result<void>{} : Result<void>{Error::never("enough")};
      });
  if (!expanded && (head.empty() || expanded.error().retry == Retry::Later)) {
    return expanded.error();
  }
  head.resize(std::min(head.size(), octets));
  return head;
}

}  // namespace lbx::convert
