// SPDX-License-Identifier: MIT
#include "convert/single_message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/mbox/bookkeeping.h"
#include "core/message/line_endings.h"

namespace lbx::convert {
namespace {

/// Octets of the property list that are looked at.
constexpr std::size_t kMaxProperties = std::size_t{64} * 1024;
/// Octets of the line with the length.
constexpr std::size_t kMaxLengthLine = 32;

struct AppleFlag {
  std::uint64_t bit;
  char maildir;
};
constexpr std::array kAppleFlags{AppleFlag{1U << 0U, 'S'}, AppleFlag{1U << 1U, 'T'},
                                 AppleFlag{1U << 2U, 'R'}, AppleFlag{1U << 4U, 'F'},
                                 AppleFlag{1U << 6U, 'D'}, AppleFlag{1U << 8U, 'P'}};

Result<std::string> read_range(FileOps& files, int fd, OctetRange range) {
  std::string text(range.end - range.begin, '\0');
  const std::size_t got = LBX_TRY(files.read_at(fd, text.data(), text.size(), range.begin));
  text.resize(got);
  return text;
}

Result<void> each_chunk(FileOps& files, int fd, OctetRange range, const ChunkSink& sink) {
  std::string chunk(kIoChunk, '\0');
  while (range.begin < range.end) {
    const std::size_t want = std::min<std::uint64_t>(chunk.size(), range.end - range.begin);
    const std::size_t got = LBX_TRY(files.read_at(fd, chunk.data(), want, range.begin));
    if (got == 0) return Error::later("the file became shorter while it was read");
    range.begin += got;
    LBX_TRY(sink(std::string_view{chunk}.substr(0, got)));
  }
  return {};
}

/// The octets of the message in an .emlx.
Result<OctetRange> find_emlx(FileOps& files, int fd, std::uint64_t size) {
  const std::string head =
      LBX_TRY(read_range(files, fd, {0, std::min<std::uint64_t>(size, kMaxLengthLine)}));
  const std::size_t end = head.find('\n');
  const auto length = ascii::parse_number(ascii::trim(std::string_view{head}.substr(0, end)));
  if (end == std::string::npos || !length || *length > size - end - 1) {
    return Error::never("this is no .emlx file, or not all of it");
  }
  return OctetRange{end + 1, end + 1 + *length};
}

/// `<key>flags</key><integer>N</integer>`
std::optional<std::uint64_t> emlx_flags(std::string_view properties) {
  constexpr std::string_view kKey = "<key>flags</key>";
  constexpr std::string_view kInteger = "<integer>";
  const std::size_t key = properties.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  const std::size_t begin = properties.find(kInteger, key);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view number = properties.substr(begin + kInteger.size());
  return ascii::parse_number(number.substr(0, number.find('<')));
}

Result<void> use_emlx_flags(FileOps& files, int fd, OctetRange rest, MessageState& state) {
  rest.end = std::min(rest.end, rest.begin + kMaxProperties);
  const auto flags = emlx_flags(LBX_TRY(read_range(files, fd, rest)));
  if (!flags) return {};
  state.fresh = false;
  for (const AppleFlag& each : kAppleFlags) {
    if ((*flags & each.bit) != 0) state.add(each.maildir);
  }
  return {};
}

/// What is known from one pass over the octets.
struct Look {
  HeaderScan header;
  bool crlf{false};  // every line ends in it
};

Result<Look> look_at(FileOps& files, int fd, OctetRange range) {
  HeaderScanner scanner;
  bool in_header = true;
  bool bare = false;
  bool any = false;
  char last = '\0';
  LBX_TRY(each_chunk(files, fd, range, [&](std::string_view chunk) -> Result<void> {
    in_header = in_header && scanner.feed(chunk);
    for (std::size_t at = chunk.find('\n'); !bare && at != std::string_view::npos;
         at = chunk.find('\n', at + 1)) {
      any = true;
      bare = (at == 0 ? last : chunk[at - 1]) != '\r';
    }
    last = chunk.back();
    return {};
  }));
  scanner.finish();
  return Look{scanner.result(), any && !bare};
}

}  // namespace

Result<Message> read_single_message(FileOps& files, int fd, std::uint64_t size, MessageForm form) {
  OctetRange range{0, size};
  if (form == MessageForm::Emlx) range = LBX_TRY(find_emlx(files, fd, size));
  const Look look = LBX_TRY(look_at(files, fd, range));
  Message message{look.header.state, std::nullopt, {}};
  if (form == MessageForm::Emlx) {
    LBX_TRY(use_emlx_flags(files, fd, {range.end, size}, message.state));
  }
  const auto delivered = look.header.delivered();
  if (delivered) message.time = Instant{*delivered, 0};
  message.content = [&files, fd, range, crlf = look.crlf](const ChunkSink& sink) -> Result<void> {
    if (!crlf) return each_chunk(files, fd, range, sink);
    CrlfDecoder decoder;
    std::string out;
    LBX_TRY(each_chunk(files, fd, range, [&](std::string_view chunk) {
      out.clear();
      decoder.append(chunk, out);
      return sink(out);
    }));
    out.clear();
    decoder.finish(out);
    return out.empty() ? Result<void>{} : sink(out);
  };
  return message;
}

}  // namespace lbx::convert
