// SPDX-License-Identifier: MIT
#include "pop3d/name_file.h"

#include <fcntl.h>

#include <cstring>
#include <utility>
#include <vector>

#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx::pop3d {
namespace {

constexpr std::string_view kVersion = " 1\n";
constexpr std::string_view kEnd = "end ";
constexpr mode_t kNameFileMode = 0600;
constexpr std::size_t kChecksumDigits = 16;

std::string file_name(std::string_view kind) {
  return "letterbox-" + std::string{kind};
}

std::string first_line(std::string_view kind) {
  return "letterbox " + std::string{kind} + std::string{kVersion};
}

std::uint64_t mix(std::uint64_t sum, std::uint64_t word) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  sum = (sum ^ word) * kOdd;
  return sum ^ (sum >> 29U);
}

/// Tells a torn file from a whole one; eight octets at a time, since the file is read at each
/// login. The octets of a word are put together by hand, so that it is the same on every machine.
std::uint64_t checksum(std::string_view bytes) {
  std::uint64_t sum = bytes.size();
  while (!bytes.empty()) {
    const std::size_t size = bytes.size() < 8 ? bytes.size() : 8;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) {
      word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    }
    sum = mix(sum, word);
    bytes.remove_prefix(size);
  }
  return sum;
}

std::string last_line(std::string_view text, std::size_t count) {
  return std::string{kEnd} + std::to_string(count) + ' ' +
         ascii::to_hex(checksum(text), kChecksumDigits) + '\n';
}

}  // namespace

std::optional<NameFile> NameFile::read(FileOps& files, int maildir, const std::string& kind) {
  const Result<UniqueFd> file =
      files.open_at(maildir, file_name(kind), O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (!file) return std::nullopt;
  const Result<struct stat> status = files.stat_fd(file->get());
  if (!status || !S_ISREG(status->st_mode)) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(status->st_size);
  if (size > kMaxNameFile) return std::nullopt;
  std::string text(static_cast<std::size_t>(size), '\0');
  for (std::size_t done = 0; done < text.size();) {
    const Result<std::size_t> got = files.read(file->get(), text.data() + done, text.size() - done);
    if (!got || *got == 0) return std::nullopt;
    done += *got;
  }
  return parse(std::move(text), kind);
}

std::optional<NameFile> NameFile::parse(std::string text, std::string_view kind) {
  NameFile file;
  file.text_ = std::move(text);
  const std::string_view all{file.text_};
  const std::string head = first_line(kind);
  if (all.size() > kMaxNameFile || !all.starts_with(head) || !all.ends_with('\n')) {
    return std::nullopt;
  }
  const std::size_t end = all.rfind('\n', all.size() - 2) + 1;
  const std::vector<std::string_view> tail =
      ascii::split(all.substr(end, all.size() - end - 1), ' ');
  if (tail.size() != 3) return std::nullopt;
  const std::optional<std::uint64_t> count = ascii::parse_number(tail[1]);
  if (!count || *count > all.size()) return std::nullopt;
  if (all.substr(end) != last_line(all.substr(0, end), static_cast<std::size_t>(*count))) {
    return std::nullopt;
  }
  file.text_.resize(end);
  file.first_ = head.size();
  if (!file.index_lines(static_cast<std::size_t>(*count))) return std::nullopt;
  return file;
}

/// False if the lines are not what a writer of ours writes.
bool NameFile::index_lines(std::size_t count) {
  const std::string_view all{text_};
  index_ = NameIndex{count};
  std::size_t at = first_;
  for (count_ = 0; count_ < count && at < all.size(); ++count_) {
    const std::size_t end = all.find('\n', at);
    const std::size_t base = all.find(' ', at) + 1;
    if (base == 0 || base > end) return false;
    index_.add(all.substr(base, end - base), static_cast<std::uint32_t>(base),
               [this](std::uint32_t other, std::string_view name) { return is_base(other, name); });
    at = end + 1;
  }
  return count_ == count && at == all.size();
}

bool NameFile::is_base(std::uint32_t at, std::string_view base) const {
  return text_.compare(at, base.size(), base) == 0 && text_[at + base.size()] == '\n';
}

std::optional<std::string_view> NameFile::find(std::string_view base) const {
  const std::optional<std::uint32_t> at = index_.find(
      base, [this](std::uint32_t other, std::string_view name) { return is_base(other, name); });
  if (!at) return std::nullopt;
  const std::string_view before = std::string_view{text_}.substr(0, *at - 1);
  return before.substr(before.rfind('\n') + 1);
}

NameFileWriter::NameFileWriter(std::string kind)
    : kind_{std::move(kind)}, text_{first_line(kind_)} {}

void NameFileWriter::add(std::string_view value, std::string_view base) {
  if (base.find('\n') != base.npos) return;
  text_ += value;
  text_ += ' ';
  text_ += base;
  text_ += '\n';
  ++count_;
}

std::string NameFileWriter::text() && {
  text_ += last_line(text_, count_);
  return std::move(text_);
}

Result<void> NameFileWriter::commit(System& system, int maildir) && {
  const std::string name = file_name(kind_);
  const std::string all = std::move(*this).text();
  if (all.size() > kMaxNameFile) return Error::later(name + " would be too large");
  return replace_own_file(system, maildir, name, all, WriteSync::Yes);
}

// The unfinished file lies in tmp/, where every reader of the Maildir clears what a crash leaves.
Result<void> replace_own_file(System& system, int maildir, const std::string& name,
                              std::string_view text, WriteSync sync) {
  FileOps& files = system.files;
  const std::string temporary = "tmp/" + std::to_string(system.clock.now().seconds) + '.' + name +
                                '.' + ascii::to_hex(system.randomness.bits64(), 16);
  UniqueFd file =
      LBX_TRY(files.open_at(maildir, temporary, O_WRONLY | O_CREAT | O_EXCL, kNameFileMode));
  Result<void> done = write_all(files, file.get(), text);
  if (done && sync == WriteSync::Yes) done = files.sync(file.get());
  if (done) done = files.close(std::move(file));
  if (done) done = files.rename_at(maildir, temporary, maildir, name);
  if (!done) {
    static_cast<void>(files.unlink_at(maildir, temporary));
    return done;
  }
  return sync == WriteSync::Yes ? files.sync(maildir) : done;
}

}  // namespace lbx::pop3d
