// SPDX-License-Identifier: MIT
#include "core/base/modified_utf7.h"

#include <algorithm>
#include <cstdint>

#include "core/base/utf8.h"

namespace lbx {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
constexpr unsigned kDigitBits = 6;
constexpr unsigned kUnitBits = 16;
constexpr std::uint32_t kHighSurrogate = 0xD800;
constexpr std::uint32_t kLowSurrogate = 0xDC00;
constexpr std::uint32_t kEndOfSurrogates = 0xE000;
constexpr std::uint32_t kSupplementary = 0x10000;

bool is_direct(std::uint32_t character) {
  return character >= ' ' && character <= '~';
}

/// Takes the first character away from `text`, which is well-formed and not empty.
std::uint32_t take_character(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  std::uint32_t character = first;
  if (first >= 0xC0) {
    size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    character = first & (0xFFU >> (size + 1));
  }
  for (std::size_t i = 1; i < size; ++i) {
    character = (character << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(size);
  return character;
}

void append_utf8(std::uint32_t character, std::string& out) {
  const auto put = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  const auto tail = [&](unsigned shift) { put(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < kSupplementary) {
    put(0xE0U | (character >> 12U));
    tail(6);
    tail(0);
  } else {
    put(0xF0U | (character >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// UTF-16 in base64, between '&' and '-'.
class Shifted {
 public:
  explicit Shifted(std::string& out) : out_{&out} {}

  void put(std::uint32_t character) {
    if (!open_) *out_ += '&';
    open_ = true;
    if (character < kSupplementary) return put_unit(character);
    character -= kSupplementary;
    put_unit(kHighSurrogate + (character >> 10U));
    put_unit(kLowSurrogate + (character & 0x3FFU));
  }
  void close() {
    if (!open_) return;
    if (held_ > 0) *out_ += kDigits[(bits_ << (kDigitBits - held_)) & 0x3FU];
    *out_ += '-';
    open_ = false;
    held_ = 0;
    bits_ = 0;
  }

 private:
  void put_unit(std::uint32_t unit) {
    bits_ = (bits_ << kUnitBits) | unit;
    held_ += kUnitBits;
    while (held_ >= kDigitBits) {
      held_ -= kDigitBits;
      *out_ += kDigits[(bits_ >> held_) & 0x3FU];
    }
  }

  std::string* out_;
  std::uint64_t bits_{0};
  unsigned held_{0};  // bits that are not written yet
  bool open_{false};
};

/// What stands between '&' and '-'. False where it is no UTF-16; what else is not right shows when
/// the result is written again.
bool append_shifted(std::string_view digits, std::string& out) {
  std::uint64_t bits = 0;
  unsigned held = 0;
  std::uint32_t high = 0;
  for (const char digit : digits) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return false;
    bits = (bits << kDigitBits) | value;
    held += kDigitBits;
    if (held < kUnitBits) continue;
    held -= kUnitBits;
    const auto unit = static_cast<std::uint32_t>((bits >> held) & 0xFFFFU);
    const bool low = unit >= kLowSurrogate && unit < kEndOfSurrogates;
    if (low != (high != 0)) return false;
    if (unit >= kHighSurrogate && unit < kLowSurrogate) {
      high = unit;
      continue;
    }
    append_utf8(
        low ? kSupplementary + ((high - kHighSurrogate) << 10U) + (unit - kLowSurrogate) : unit,
        out);
    high = 0;
  }
  return high == 0;
}

}  // namespace

std::optional<std::string> to_modified_utf7(std::string_view text) {
  if (!utf8::is_valid(text)) return std::nullopt;
  std::string out;
  Shifted shifted{out};
  while (!text.empty()) {
    const std::uint32_t character = take_character(text);
    if (!is_direct(character)) {
      shifted.put(character);
      continue;
    }
    shifted.close();
    out += static_cast<char>(character);
    if (character == '&') out += '-';
  }
  shifted.close();
  return out;
}

std::optional<std::string> from_modified_utf7(std::string_view text) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('&'), rest.size());
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    const std::size_t end = rest.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view digits = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (digits.empty()) {
      out += '&';
    } else if (!append_shifted(digits, out)) {
      return std::nullopt;
    }
  }
  // One name, one form: two spellings of a mailbox would be two directories.
  if (to_modified_utf7(out) != text) return std::nullopt;
  return out;
}

}  // namespace lbx
