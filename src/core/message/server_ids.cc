// SPDX-License-Identifier: MIT
#include "core/message/server_ids.h"

#include <algorithm>
#include <limits>

#include "core/base/ascii.h"
#include "core/base/modified_utf7.h"

namespace lbx {
namespace {

constexpr std::size_t kMaxPop3Id = 70;
constexpr std::string_view kNoAtom = "(){%*\"\\]";  // RFC 3501 section 9: atom-specials, less CTL

bool is_keyword_octet(char c) {
  return ascii::is_graph(c) && kNoAtom.find(c) == std::string_view::npos;
}

}  // namespace

std::optional<std::uint32_t> parse_uid(std::string_view text) {
  const auto number = ascii::parse_number(text);
  if (!number || *number == 0 || *number > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*number);
}

bool is_pop3_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxPop3Id && std::ranges::all_of(text, &ascii::is_graph);
}

bool is_keyword(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKeyword && std::ranges::all_of(text, is_keyword_octet);
}

std::optional<std::string> to_keyword(std::string_view text) {
  std::string plain{ascii::trim(text)};
  std::ranges::replace_if(
      plain, [](char c) { return c >= '\0' && !is_keyword_octet(c); }, '_');
  std::string keyword = modified_utf7::encode(plain).value_or(plain);
  std::ranges::replace_if(  // what was no UTF-8
      keyword, [](char c) { return !is_keyword_octet(c); }, '_');
  keyword.resize(std::min(keyword.size(), kMaxKeyword));
  if (keyword.empty()) return std::nullopt;
  return keyword;
}

}  // namespace lbx
