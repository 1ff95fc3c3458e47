// SPDX-License-Identifier: MIT
#include "core/message/srs.h"

#include <algorithm>
#include <optional>

#include "core/base/ascii.h"
#include "core/base/digest.h"
#include "core/message/address.h"

namespace lbx {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kHash = 4;    // base64 characters of the HMAC: what everybody uses
constexpr std::size_t kPrefix = 5;  // "SRS0=": a peer may have written '+' or '-' for the '='
constexpr std::int64_t kSecondsOfDay = 86'400;

std::string hash_of(const std::string& secret, std::string_view signed_text) {
  const std::string mac = hmac_sha1(secret, ascii::to_lower(signed_text));
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 3; ++i) bits = bits << 8U | static_cast<unsigned char>(mac[i]);
  std::string out;
  for (std::size_t i = 0; i < kHash; ++i) out += kBase64[bits >> (18 - 6 * i) & 63U];
  return out;
}

/// In any case: mail systems on the way may have changed it.
bool verifies(const Srs& srs, std::string_view hash, std::string_view signed_text) {
  return std::ranges::any_of(srs.secrets, [&](const std::string& secret) {
    return ascii::equal_fold(hash, hash_of(secret, signed_text));
  });
}

std::uint64_t day_of(Instant now) {
  return static_cast<std::uint64_t>(now.seconds / kSecondsOfDay) % kSrsDays;
}

std::string day_text(std::uint64_t day) {
  return {kBase32[day >> 5U & 31U], kBase32[day & 31U]};
}

std::optional<std::uint64_t> parse_day(std::string_view text) {
  std::uint64_t day = 0;
  for (const char c : text) {
    const char upper = ascii::is_alpha(c) ? static_cast<char>(c & ~0x20) : c;
    const std::size_t value = kBase32.find(upper);
    if (value == std::string_view::npos) return std::nullopt;
    day = day << 5U | value;
  }
  if (text.size() != 2) return std::nullopt;
  return day;
}

bool has_prefix(std::string_view local, std::string_view word) {
  return local.size() > kPrefix && ascii::starts_with_fold(local, word) &&
         std::string_view{"=+-"}.find(local[kPrefix - 1]) != std::string_view::npos;
}

/// Takes what stands before the next '='.
std::optional<std::string_view> take_part(std::string_view& rest) {
  const std::size_t end = rest.find('=');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

Error not_ours() {
  return Error::never("no such rewritten address (#5.1.1)");
}

struct Split {
  std::string_view local;
  std::string_view domain;
};
std::optional<Split> split(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return std::nullopt;
  return Split{address.substr(0, at), address.substr(at + 1)};
}

/// `first` and what follows its "SRS0", of an address that somebody else has rewritten.
std::string again(const Srs& srs, std::string_view first, std::string_view rest) {
  const std::string text = std::string{first} + std::string{rest};
  return "SRS1=" + hash_of(srs.secrets.front(), text) + '=' + std::string{first} + '=' +
         std::string{rest} + '@' + srs.domain;
}

std::string rewritten(const Srs& srs, const Split& sender, Instant now) {
  const std::string_view local = sender.local;
  if (has_prefix(local, "SRS0")) return again(srs, sender.domain, local.substr(kPrefix - 1));
  if (has_prefix(local, "SRS1")) {
    // Only the first and the last one matter: the one in between is left out.
    std::string_view rest = local.substr(kPrefix);
    const auto hash = take_part(rest);
    const auto first = take_part(rest);
    if (hash && first && !first->empty() && rest.size() > 1) return again(srs, *first, rest);
  }
  const std::string day = day_text(day_of(now));
  const std::string domain{sender.domain};
  const std::string hash = hash_of(srs.secrets.front(), day + domain + std::string{local});
  return "SRS0=" + hash + '=' + day + '=' + domain + '=' + std::string{local} + '@' + srs.domain;
}

Result<std::string> reverse_first(const Srs& srs, std::string_view rest, Instant now) {
  const auto hash = take_part(rest);
  const auto day = take_part(rest);
  const auto domain = take_part(rest);
  if (!hash || !day || !domain || domain->empty() || rest.empty()) return not_ours();
  const std::string text = std::string{*day} + std::string{*domain} + std::string{rest};
  const std::optional<std::uint64_t> then = parse_day(*day);
  if (!then || !verifies(srs, *hash, text)) return not_ours();
  if ((day_of(now) + kSrsDays - *then) % kSrsDays > srs.max_age) {
    return Error::never("this rewritten address has expired (#5.1.6)");
  }
  return std::string{rest} + '@' + std::string{*domain};
}

Result<std::string> reverse_later(const Srs& srs, std::string_view rest) {
  const auto hash = take_part(rest);
  const auto first = take_part(rest);
  if (!hash || !first || first->empty() || rest.size() < 2) return not_ours();
  if (!verifies(srs, *hash, std::string{*first} + std::string{rest})) return not_ours();
  return "SRS0" + std::string{rest} + '@' + std::string{*first};
}

}  // namespace

Result<std::string> srs_forward(const Srs& srs, const std::string& sender, Instant now) {
  const std::optional<Split> parts = split(sender);
  // A '=' would be taken for the end of the domain; no domain that can be asked for has one.
  if (!parts || sender.ends_with("-@[]") || sender == "#@[]" ||
      parts->domain.find('=') != std::string_view::npos ||
      ascii::equal_fold(parts->domain, srs.domain)) {
    return sender;
  }
  std::string out = rewritten(srs, *parts, now);
  if (out.size() > kMaxAddress) return Error::never("the rewritten sender is too long (#5.1.7)");
  return out;
}

bool is_srs(std::string_view address) {
  return has_prefix(address, "SRS0") || has_prefix(address, "SRS1");
}

Result<std::string> srs_reverse(const Srs& srs, const std::string& address, Instant now) {
  const std::optional<Split> parts = split(address);
  if (!parts || address.size() > kMaxAddress || !is_srs(parts->local) ||
      !ascii::equal_fold(parts->domain, srs.domain)) {
    return not_ours();
  }
  const std::string_view rest = parts->local.substr(kPrefix);
  return has_prefix(parts->local, "SRS0") ? reverse_first(srs, rest, now)
                                          : reverse_later(srs, rest);
}

}  // namespace lbx
