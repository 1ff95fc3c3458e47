// SPDX-License-Identifier: MIT
#include "core/maildir/maildirsize.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/ascii.h"

namespace lbx {
namespace {

constexpr char kOctets = 'S';
constexpr char kMessages = 'C';

/// 1024 for K, its powers for M and G; nothing for another letter.
std::optional<std::uint64_t> factor_of(char letter) {
  switch (letter) {
    case 'K':
      return std::uint64_t{1} << 10U;
    case 'M':
      return std::uint64_t{1} << 20U;
    case 'G':
      return std::uint64_t{1} << 30U;
    default:
      return std::nullopt;
  }
}

/// "100MS", "100M", "5000C": a part of a setting.
Result<void> read_part(std::string_view part, QuotaLimit& limit) {
  const Error wrong = Error::later("no quota: " + std::string{part});
  std::string_view number = part;
  char kind = kOctets;
  if (number.ends_with(kOctets) || number.ends_with(kMessages)) {
    kind = number.back();
    number.remove_suffix(1);
  }
  std::uint64_t factor = 1;
  if (!number.empty() && !ascii::is_digit(number.back())) {
    const std::optional<std::uint64_t> given = factor_of(number.back());
    if (!given) return wrong;
    factor = *given;
    number.remove_suffix(1);
  }
  const std::optional<std::uint64_t> value = ascii::parse_number(number);
  std::uint64_t product = 0;
  if (!value || __builtin_mul_overflow(*value, factor, &product)) return wrong;
  (kind == kOctets ? limit.octets : limit.messages) = product;
  return {};
}

/// The first line of a file. Kinds that we do not know are somebody's extension.
void read_limit(std::string_view line, Maildirsize& size) {
  for (const std::string_view part : ascii::split(ascii::trim(line), ',')) {
    if (part.empty()) continue;
    const std::optional<std::uint64_t> value = ascii::parse_number(part.substr(0, part.size() - 1));
    if (!value || (part.back() != kOctets && part.back() != kMessages)) continue;
    (part.back() == kOctets ? size.limit.octets : size.limit.messages) = *value;
    size.limit_known = true;
  }
}

/// A number with a sign at the beginning of `line`, which then begins after it.
std::optional<std::int64_t> take_number(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), value);
  if (code != std::errc{}) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return value;
}

/// What all the lines come to. Not below nothing at the end; on the way it may be.
class Sum {
 public:
  /// False: the line is none.
  bool add(std::string_view line) {
    const std::optional<std::int64_t> octets = take_number(line);
    const bool blank = !line.empty() && ascii::is_blank(line.front());
    const std::optional<std::int64_t> messages = take_number(line);
    return octets && blank && messages && ascii::trim(line).empty() &&
           !__builtin_add_overflow(octets_, *octets, &octets_) &&
           !__builtin_add_overflow(messages_, *messages, &messages_);
  }
  bool negative() const { return octets_ < 0 || messages_ < 0; }
  QuotaUsage usage() const {
    return {static_cast<std::uint64_t>(octets_), static_cast<std::uint64_t>(messages_)};
  }

 private:
  std::int64_t octets_{0};
  std::int64_t messages_{0};
};

unsigned share(std::uint64_t used, std::uint64_t limit) {
  static constexpr double kMost = 1'000'000;
  if (limit == 0) return 0;
  const double percent = static_cast<double>(used) * 100 / static_cast<double>(limit);
  return static_cast<unsigned>(std::min(percent, kMost));
}

bool within(std::uint64_t used, std::uint64_t more, std::uint64_t limit) {
  return limit == 0 || (used <= limit && more <= limit - used);
}

}  // namespace

Result<QuotaLimit> QuotaLimit::parse(std::string_view text) {
  QuotaLimit limit;
  if (text.empty()) return limit;
  for (const std::string_view part : ascii::split(text, ',')) LBX_TRY(read_part(part, limit));
  return limit;
}

std::string QuotaLimit::str() const {
  std::string text;
  if (octets != 0 || messages == 0) text = std::to_string(octets) + kOctets;
  if (messages != 0) text += (text.empty() ? "" : ",") + std::to_string(messages) + kMessages;
  return text;
}

bool QuotaLimit::has_room(const QuotaUsage& usage, std::uint64_t more) const {
  return within(usage.octets, more, octets) && within(usage.messages, 1, messages);
}

unsigned QuotaLimit::percent(const QuotaUsage& usage) const {
  return std::max(share(usage.octets, octets), share(usage.messages, messages));
}

Maildirsize Maildirsize::parse(std::string_view text) {
  Maildirsize size;
  const std::size_t first = std::min(text.find('\n'), text.size());
  read_limit(text.substr(0, first), size);
  size.broken = text.size() > kMaxMaildirsize || first == text.size() || !size.limit_known;

  Sum sum;
  text.remove_prefix(std::min(first + 1, text.size()));
  while (!text.empty() && !size.broken) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !sum.add(text.substr(0, end))) {
      size.broken = true;
      break;
    }
    ++size.lines;
    text.remove_prefix(end + 1);
  }
  size.broken = size.broken || size.lines == 0 || sum.negative();
  if (!size.broken) size.usage = sum.usage();
  return size;
}

std::string Maildirsize::str() const {
  return limit.str() + '\n' + maildirsize_line(usage, 1);
}

std::string maildirsize_line(const QuotaUsage& change, int sign) {
  const std::string minus = sign < 0 ? "-" : "";
  return minus + std::to_string(change.octets) + ' ' + minus + std::to_string(change.messages) +
         '\n';
}

}  // namespace lbx
