// SPDX-License-Identifier: MIT
#include "pop3d/sizes.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <unordered_map>

#include "core/base/ascii.h"

namespace lbx::pop3d {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / kSecond - 1;
constexpr std::int64_t kMicrosecond = 1000;

std::string_view digits_of(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, &ascii::is_digit);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

std::optional<std::uint64_t> field(std::string_view base, std::string_view key) {
  const std::size_t at = base.find(key);
  if (at == base.npos) return std::nullopt;
  const std::string_view digits = digits_of(base.substr(at + key.size()));
  const std::size_t end = at + key.size() + digits.size();
  if (end < base.size() && base[end] != ',') return std::nullopt;
  return ascii::parse_number(digits);
}

}  // namespace

std::string size_value(const KnownSize& size) {
  return std::to_string(size.octets) + '/' + std::to_string(size.time);
}

std::optional<KnownSize> parse_size_value(std::string_view value) {
  KnownSize size{};
  const char* const end = value.data() + value.size();
  const auto octets = std::from_chars(value.data(), end, size.octets);
  if (octets.ec != std::errc{} || octets.ptr == end || *octets.ptr != '/') return std::nullopt;
  const auto time = std::from_chars(octets.ptr + 1, end, size.time);
  if (time.ec != std::errc{} || time.ptr != end) return std::nullopt;
  return size;
}

std::optional<std::int64_t> time_in_name(std::string_view base) {
  const std::string_view seconds = digits_of(base);
  const std::optional<std::uint64_t> value = ascii::parse_number(seconds);
  if (!value || *value > kMaxSeconds || !base.substr(seconds.size()).starts_with('.')) {
    return std::nullopt;
  }
  const auto whole = static_cast<std::int64_t>(*value) * kSecond;
  base.remove_prefix(seconds.size() + 1);
  if (!base.starts_with('M')) return whole;
  const std::optional<std::uint64_t> micros = ascii::parse_number(digits_of(base.substr(1)));
  if (!micros || *micros >= kSecond / kMicrosecond) return whole;
  return whole + static_cast<std::int64_t>(*micros) * kMicrosecond;
}

std::optional<std::uint64_t> octets_in_name(std::string_view base) {
  const std::optional<std::uint64_t> stored = field(base, ",S=");
  const std::optional<std::uint64_t> wire = field(base, ",W=");
  if (!stored || !wire || *wire < *stored || *wire - *stored > *stored + 2) return std::nullopt;
  if (*stored == 0 && *wire != 0) return std::nullopt;
  return wire;
}

void correct_sizes(System& system, int maildir, const std::vector<Correction>& corrections) {
  if (corrections.empty()) return;
  std::unordered_map<std::string_view, std::uint64_t> changed;
  for (const Correction& each : corrections) changed[each.base] = each.octets;

  NameFileWriter writer{kSizesKind};
  // What another session has written meanwhile is read anew and kept.
  if (const auto known = NameFile::read(system.files, maildir, kSizesKind)) {
    known->each([&](std::string_view value, std::string_view base) {
      const auto change = changed.find(base);
      const std::optional<KnownSize> size = parse_size_value(value);
      if (change == changed.end() || !size) return writer.add(value, base);
      writer.add(size_value({change->second, size->time}), base);
      changed.erase(change);
    });
  }
  for (const auto& [base, octets] : changed) {
    // Without a time in the name it was measured at the login, and is so again.
    if (const auto time = time_in_name(base)) writer.add(size_value({octets, *time}), base);
  }
  static_cast<void>(std::move(writer).commit(system, maildir, NameFileWriter::Sync::No));
}

}  // namespace lbx::pop3d
