// SPDX-License-Identifier: MIT
#include "pop3d/sizes.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "core/base/ascii.h"
#include "pop3d/index_file.h"

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

namespace {

/// The rows of an index, to be changed.
class IndexPatch {
 public:
  explicit IndexPatch(const IndexParts& parts)
      : parts_{parts},
        rows_{parts.rows.begin(), parts.rows.end()},
        times_{parts.times.begin(), parts.times.end()},
        ids_{parts.ids.begin(), parts.ids.end()},
        names_{parts.names} {}

  void set_octets(std::size_t message, std::uint64_t octets) { rows_[message].count(octets); }

  /// A message that the index does not know: so it does not say all any more.
  void add(std::string_view base, std::uint64_t octets, std::int64_t time) {
    MessageRow row{};
    row.octets = octets;
    row.name = static_cast<std::uint32_t>(names_.size());
    row.size = row.base_size = static_cast<std::uint8_t>(base.size());
    rows_.push_back(row);
    times_.push_back(time);
    if (!ids_.empty()) ids_.push_back({0, 0});
    names_ += base;
    parts_.head.flags &= ~unsigned{IndexHead::Settled};
  }

  const IndexParts& parts() {
    parts_.rows = rows_;
    parts_.times = times_;
    parts_.ids = ids_;
    parts_.names = names_;
    return parts_;
  }

 private:
  IndexParts parts_;
  std::vector<MessageRow> rows_;
  std::vector<std::int64_t> times_;
  std::vector<OwnId> ids_;
  std::string names_;
};

}  // namespace

void correct_sizes(System& system, int maildir, const std::vector<Correction>& corrections) {
  if (corrections.empty()) return;
  const std::shared_ptr<const IndexFile> index = IndexFile::read(system.files, maildir);
  IndexPatch patch{index ? index->parts() : IndexParts{}};
  for (const Correction& each : corrections) {
    const std::optional<std::uint32_t> known = index ? index->find(each.base) : std::nullopt;
    if (known) {
      patch.set_octets(*known, each.octets);
    } else if (const auto time = time_in_name(each.base)) {
      // Without a time in the name it was measured at the login, and is so again.
      patch.add(each.base, each.octets, *time);
    }
  }
  static_cast<void>(write_index(system, maildir, patch.parts()));
}

}  // namespace lbx::pop3d
