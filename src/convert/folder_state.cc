// SPDX-License-Identifier: MIT
#include "convert/folder_state.h"

#include <fcntl.h>

#include <cerrno>

#include "convert/record_lines.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/line_scanner.h"

namespace lbx::convert {
namespace {

constexpr mode_t kStateMode = 0600;
constexpr std::size_t kBitsDigits = 16;
/// Words before the keywords: bits, source, ordinal, folder, UID, UIDVALIDITY, last UID, POP3 id.
constexpr std::size_t kFixedWords = 8;
/// Octets of a line at most: every keyword as long as it may be, each octet escaped, and the rest.
constexpr std::size_t kMaxStateLine = kMaxKeywords * (3 * kMaxKeyword + 1) + kMaxRecordLine;

std::string number_word(const std::optional<std::uint32_t>& number) {
  return number ? std::to_string(*number) : "-";
}

std::optional<std::uint32_t> parse_number_word(std::string_view word) {
  const auto number = ascii::parse_number(word);
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::string words_of(std::uint64_t ordinal, const Message& message) {
  std::string words = ' ' + std::to_string(ordinal) + ' ' +
                      escape_word(message.folder.directory()) + ' ' + number_word(message.uid) +
                      ' ' + number_word(message.uid_validity) + ' ' +
                      number_word(message.last_uid) + ' ';
  if (message.uidl.size() <= kMaxUidl) words += escape_word(message.uidl);
  std::size_t count = 0;
  for (const std::string& each : message.keywords) {
    if (each.empty() || each.size() > kMaxKeyword || ++count > kMaxKeywords) continue;
    words += ' ' + escape_word(each);
  }
  return words;
}

std::optional<StagedMessage> parse_state(std::string_view line) {
  const auto text = without_check(line);
  if (!text) return std::nullopt;
  const std::vector<std::string_view> words = ascii::split(*text, ' ');
  if (words.size() < kFixedWords) return std::nullopt;
  const auto bits = ascii::parse_hex(words[0], kBitsDigits);
  const auto source = ascii::parse_hex(words[1], kBitsDigits);
  const auto ordinal = ascii::parse_number(words[2]);
  if (!bits || !source || !ordinal) return std::nullopt;
  StagedMessage message{*bits,
                        *source,
                        *ordinal,
                        FolderName::of_directory(unescape_word(words[3])),
                        parse_number_word(words[4]),
                        parse_number_word(words[5]),
                        parse_number_word(words[6]).value_or(0),
                        unescape_word(words[7]),
                        {}};
  for (std::size_t i = kFixedWords; i < words.size(); ++i) {
    message.keywords.push_back(unescape_word(words[i]));
  }
  return message;
}

}  // namespace

void StateLog::note(std::uint64_t ordinal, const Message& message) {
  if (message.keywords.empty() && !message.uid && message.uidl.empty()) return;
  notes_.push_back({ordinal, words_of(ordinal, message)});
  held_octets_ += sizeof(Note) + notes_.back().words.size();
}

Result<void> StateLog::write(const std::string& source, std::uint64_t first,
                             const std::vector<MessageDigest>& digests) {
  if (notes_.empty()) return {};
  const std::string source_word = ' ' + ascii::to_hex(name_bits(source, 0, {}), kBitsDigits);
  std::string lines{'\n'};  // the last run may have died within a line
  for (const Note& each : notes_) {
    const std::uint64_t bits = name_bits(source, each.ordinal, digests.at(each.ordinal - first));
    lines += checked_line(ascii::to_hex(bits, kBitsDigits) + source_word + each.words);
  }
  notes_.clear();
  held_octets_ = 0;
  const UniqueFd file =
      LBX_TRY(files_->open_at(root_, kName, O_WRONLY | O_CREAT | O_APPEND, kStateMode));
  LBX_TRY(write_all(*files_, file.get(), lines));
  return files_->sync(file.get());
}

Result<void> StateLog::for_each(const std::function<void(const StagedMessage&)>& visit) const {
  const Result<UniqueFd> file = files_->open_at(root_, kName, O_RDONLY);
  if (!file && file.error().os_error == ENOENT) return {};
  if (!file) return file.error();
  LineScanner lines{kMaxStateLine};
  return for_each_chunk(*files_, file->get(), [&](std::string_view chunk) -> Result<void> {
    lines.feed(chunk, [&](const ScannedLine& line) {
      const auto message = line.whole() ? parse_state(line.text.substr(0, line.text.size() - 1))
                                        : std::optional<StagedMessage>{};
      if (message) visit(*message);  // what a crash has torn was not committed
      return true;
    });
    return {};
  });
}

Result<void> StateLog::remove(FileOps& files, int root) {
  Result<void> removed = files.unlink_at(root, kName);
  if (!removed && removed.error().os_error == ENOENT) return {};
  return removed;
}

}  // namespace lbx::convert
