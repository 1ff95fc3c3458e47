// SPDX-License-Identifier: MIT
#include "pop3d/packed_names.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/ascii.h"

namespace lbx::pop3d {
namespace {

// What an octet means: printable ones themselves, 0 that the next one is itself, 0x80 and the
// ninety-nine behind it two digits, all others a piece.
constexpr unsigned char kItself = 0;
constexpr unsigned char kFirstPair = 0x80;
constexpr unsigned kPairs = 100;

constexpr bool is_printable(unsigned char octet) {
  return octet >= 0x20 && octet < 0x7F;
}
constexpr bool is_pair(unsigned char octet) {
  return octet >= kFirstPair && octet < kFirstPair + kPairs;
}
constexpr bool is_piece(unsigned char octet) {
  return octet != kItself && !is_printable(octet) && !is_pair(octet);
}

// Pieces have the octets 1 to 31, 127, and 228 to 255, in this order.
constexpr unsigned kLow = 31;
constexpr unsigned kDelete = 0x7F;
constexpr unsigned kHigh = kFirstPair + kPairs;
static_assert(PackedNames::kMaxPieces == kLow + 1 + (256 - kHigh));

constexpr unsigned char octet_of(std::size_t piece) {
  if (piece < kLow) return static_cast<unsigned char>(piece + 1);
  if (piece == kLow) return kDelete;
  return static_cast<unsigned char>(kHigh + (piece - kLow - 1));
}
constexpr std::size_t piece_of(unsigned char octet) {
  if (octet <= kLow) return octet - 1U;
  return octet == kDelete ? kLow : kLow + 1 + (octet - kHigh);
}
static_assert(piece_of(octet_of(0)) == 0 && piece_of(octet_of(31)) == 31 &&
              piece_of(octet_of(59)) == 59 && is_piece(octet_of(59)));

/// All up to the first digit.
std::string_view without_digits(std::string_view text) {
  const auto end = std::ranges::find_if(text, &ascii::is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

}  // namespace

void PackedNames::learn(const std::vector<std::string_view>& sample) {
  std::map<std::string_view, std::size_t> saved;
  for (std::string_view name : sample) {
    while (!name.empty()) {
      const std::string_view piece = without_digits(name);
      if (piece.size() > 1) saved[piece] += piece.size() - 1;
      name.remove_prefix(std::max<std::size_t>(piece.size(), 1));
    }
  }
  std::vector<std::pair<std::string_view, std::size_t>> best{saved.begin(), saved.end()};
  std::ranges::stable_sort(best, std::ranges::greater{},
                           [](const auto& each) { return each.second; });
  best.resize(std::min(best.size(), kMaxPieces));
  for (const auto& [piece, octets] : best) {
    pieces_.emplace_back(piece);
    by_text_.add(piece, static_cast<std::uint32_t>(pieces_.size() - 1),
                 [this](std::uint32_t i, std::string_view text) { return pieces_[i] == text; });
  }
}

std::size_t PackedNames::add(std::string_view name) {
  const std::size_t at = octets_.size();
  while (!name.empty()) {
    const std::string_view piece = without_digits(name);
    if (!piece.empty()) {
      pack_other(piece);
      name.remove_prefix(piece.size());
    } else if (name.size() > 1 && ascii::is_digit(name[1])) {
      octets_ += static_cast<char>(kFirstPair + (name[0] - '0') * 10 + (name[1] - '0'));
      name.remove_prefix(2);
    } else {
      octets_ += name.front();
      name.remove_prefix(1);
    }
  }
  return at;
}

void PackedNames::pack_other(std::string_view piece) {
  const auto known = by_text_.find(
      piece, [this](std::uint32_t i, std::string_view text) { return pieces_[i] == text; });
  if (known) {
    octets_ += static_cast<char>(octet_of(*known));
    return;
  }
  for (const char c : piece) {
    if (!is_printable(static_cast<unsigned char>(c))) octets_ += static_cast<char>(kItself);
    octets_ += c;
  }
}

std::string PackedNames::get(std::size_t at, std::size_t size) const {
  std::string name;
  name.reserve(size + 1);
  for (; name.size() < size; ++at) {
    const auto octet = static_cast<unsigned char>(octets_[at]);
    if (is_pair(octet)) {
      const int value = octet - kFirstPair;
      name += static_cast<char>('0' + value / 10);
      name += static_cast<char>('0' + value % 10);
    } else if (is_piece(octet)) {
      name += pieces_[piece_of(octet)];
    } else {
      name += octets_[octet == kItself ? ++at : at];
    }
  }
  name.resize(size);  // the end may lie within a piece
  return name;
}

}  // namespace lbx::pop3d
