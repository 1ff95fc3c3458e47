// SPDX-License-Identifier: MIT
#include "core/base/modified_utf7.h"

#include <cstdint>

#include "core/base/utf8.h"

namespace lbx::modified_utf7 {
namespace {

// Base64 with ',' for '/', and without padding.
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
constexpr std::uint32_t kFirstPair = 0x10000;
constexpr std::uint32_t kHighSurrogate = 0xD800;
constexpr std::uint32_t kLowSurrogate = 0xDC00;

bool is_direct(std::uint32_t code) {
  return code >= 0x20 && code <= 0x7E;
}

/// Takes the first character off valid UTF-8.
std::uint32_t take_character(std::string_view& text) {
  const auto octet = [&text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = octet(0);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t code = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) code = code << 6U | (octet(i) & 0x3FU);
  text.remove_prefix(size);
  return code;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto rest = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | code >> 6U);
    rest(0);
  } else if (code < kFirstPair) {
    out += static_cast<char>(0xE0U | code >> 12U);
    rest(6);
    rest(0);
  } else {
    out += static_cast<char>(0xF0U | code >> 18U);
    rest(12);
    rest(6);
    rest(0);
  }
}

/// The digits of a run of characters: UTF-16, six bits each.
class DigitWriter {
 public:
  explicit DigitWriter(std::string& out) : out_{&out} {}
  void add(std::uint32_t code) {
    if (code < kFirstPair) return add_unit(code);
    add_unit(kHighSurrogate + ((code - kFirstPair) >> 10U));
    add_unit(kLowSurrogate + ((code - kFirstPair) & 0x3FFU));
  }
  void finish() {
    if (count_ > 0) *out_ += kDigits[(bits_ << (6 - count_)) & 0x3FU];
  }

 private:
  void add_unit(std::uint32_t unit) {
    bits_ = bits_ << 16U | unit;
    for (count_ += 16; count_ >= 6;) {
      count_ -= 6;
      *out_ += kDigits[(bits_ >> count_) & 0x3FU];
    }
  }
  std::string* out_;
  std::uint64_t bits_{0};
  unsigned count_{0};
};

/// The characters of a run of digits, or nothing where they are not UTF-16.
std::optional<std::string> read_run(std::string_view digits) {
  std::string out;
  std::uint64_t bits = 0;
  unsigned count = 0;
  std::uint32_t high = 0;
  for (const char c : digits) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 6U | digit;
    count += 6;
    if (count < 16) continue;
    count -= 16;
    const auto unit = static_cast<std::uint32_t>((bits >> count) & 0xFFFFU);
    const bool low = unit >= kLowSurrogate && unit < 0xE000;
    if (low != (high != 0)) return std::nullopt;
    if (unit >= kHighSurrogate && unit < kLowSurrogate) {
      high = unit;
      continue;
    }
    append_utf8(low ? kFirstPair + ((high - kHighSurrogate) << 10U) + (unit - kLowSurrogate) : unit,
                out);
    high = 0;
  }
  if (high != 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> encode(std::string_view utf8) {
  if (!utf8::is_valid(utf8)) return std::nullopt;
  std::string out;
  while (!utf8.empty()) {
    std::string_view rest = utf8;
    std::uint32_t code = take_character(rest);
    if (is_direct(code)) {
      out += static_cast<char>(code);
      if (code == '&') out += '-';
      utf8 = rest;
      continue;
    }
    out += '&';
    DigitWriter digits{out};
    for (; !is_direct(code); code = take_character(rest)) {
      digits.add(code);
      utf8 = rest;
      if (rest.empty()) break;
    }
    digits.finish();
    out += '-';
  }
  return out;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '&') {
      out += text[at++];
      continue;
    }
    const std::size_t end = text.find('-', at);
    if (end == std::string_view::npos) return std::nullopt;
    const auto run = read_run(text.substr(at + 1, end - at - 1));
    if (!run) return std::nullopt;
    out += run->empty() ? "&" : *run;
    at = end + 1;
  }
  // One text, one form: no run for what is ASCII, none that goes on in another, no bits left over.
  if (encode(out) != text) return std::nullopt;
  return out;
}

}  // namespace lbx::modified_utf7
