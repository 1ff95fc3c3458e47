// SPDX-License-Identifier: MIT
#include "core/message/encoded_word.h"

#include <algorithm>
#include <optional>

#include "core/base/ascii.h"
#include "core/base/base64.h"
#include "core/base/utf8.h"

namespace lbx {
namespace {

constexpr std::string_view kBegin = "=?";
constexpr std::string_view kEnd = "?=";

/// The Q encoding, section 4.2.
std::optional<std::string> decode_q(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') {
      out += ' ';
    } else if (text[i] != '=') {
      out += text[i];
    } else {
      const auto octet = ascii::parse_hex(text.substr(i + 1, 2), 2);
      if (!octet) return std::nullopt;
      out += static_cast<char>(*octet);
      i += 2;
    }
  }
  return out;
}

/// The B encoding; some programs leave the padding out.
std::optional<std::string> decode_b(std::string_view text) {
  std::string padded{text};
  while (padded.size() % 4 != 0) padded += '=';
  return base64_decode(padded);
}

struct Word {
  std::string text;
  std::size_t length;  // of the encoded form
};

/// The encoded word that `value` begins with.
std::optional<Word> read_word(std::string_view value) {
  const std::size_t charset_end = value.find('?', kBegin.size());
  if (charset_end == std::string_view::npos || charset_end + 2 >= value.size()) return std::nullopt;
  if (value[charset_end + 2] != '?') return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = value.find(kEnd, begin);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view charset = value.substr(kBegin.size(), charset_end - kBegin.size());
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 section 5: a language
  const std::string_view coded = value.substr(begin, end - begin);
  const char encoding = ascii::lower(value[charset_end + 1]);
  std::optional<std::string> text;
  if (encoding == 'q') text = decode_q(coded);
  if (encoding == 'b') text = decode_b(coded);
  if (!text) return std::nullopt;
  if (ascii::equal_fold(charset, "iso-8859-1") || ascii::equal_fold(charset, "iso-8859-15")) {
    text = utf8::from_latin1(*text);
  } else if (!ascii::equal_fold(charset, "utf-8") && !ascii::equal_fold(charset, "us-ascii")) {
    return std::nullopt;
  }
  return Word{std::move(*text), end + kEnd.size()};
}

}  // namespace

std::string decode_encoded_words(std::string_view value) {
  std::string out;
  std::size_t behind_word = std::string::npos;  // where in `out` the last one ended
  while (!value.empty()) {
    const std::size_t at = std::min(value.find(kBegin), value.size());
    out += value.substr(0, at);
    value.remove_prefix(at);
    if (value.empty()) break;
    std::optional<Word> word = read_word(value);
    if (!word) {
      out += kBegin;
      value.remove_prefix(kBegin.size());
      continue;
    }
    if (behind_word != std::string::npos &&
        ascii::trim(std::string_view{out}.substr(behind_word)).empty()) {
      out.resize(behind_word);
    }
    out += word->text;
    behind_word = out.size();
    value.remove_prefix(word->length);
  }
  return out;
}

}  // namespace lbx
