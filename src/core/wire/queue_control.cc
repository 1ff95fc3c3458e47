// SPDX-License-Identifier: MIT
#include "core/wire/queue_control.h"

#include <limits>
#include <optional>

#include "core/base/ascii.h"
#include "core/wire/datagram.h"

namespace lbx::wire {
namespace {

/// Octets of the longest number and its NUL.
constexpr std::size_t kNumberRoom = std::numeric_limits<std::int64_t>::digits10 + 2;

std::optional<std::int64_t> positive(std::string_view text) {
  const std::optional<std::uint64_t> number = ascii::parse_number(text);
  const bool fits =
      number && *number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!fits) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace

std::vector<std::string> encode_change(std::string_view change, std::string_view text,
                                       std::span<const std::int64_t> recipients) {
  std::string head = "C" + std::string{change};
  if (!text.empty()) head += ' ';
  for (const char c : text.substr(0, kMaxChangeText)) {
    const auto octet = static_cast<unsigned char>(c);
    head += octet < 0x20 || octet == 0x7f ? ' ' : c;
  }
  head += '\0';
  std::vector<std::string> out;
  for (const std::int64_t each : recipients) {
    if (out.empty() || out.back().size() + kNumberRoom > kMaxDatagram) out.push_back(head);
    (out.back() += std::to_string(each)) += '\0';
  }
  return out;
}

Result<ChangeRequest> read_change(std::string_view datagram) {
  const Error wrong = Error::never("this is no change of the queue");
  if (!datagram.starts_with('C') || !datagram.ends_with('\0')) return wrong;
  datagram.remove_prefix(1);
  datagram.remove_suffix(1);
  const std::vector<std::string_view> fields = ascii::split(datagram, '\0');
  const std::size_t blank = fields[0].find(' ');
  ChangeRequest out{std::string{fields[0].substr(0, blank)}, {}, {}};
  if (blank != std::string_view::npos) out.text = fields[0].substr(blank + 1);
  const std::size_t name = out.change.size();
  if (name == 0 || name > kMaxChangeName || out.text.size() > kMaxChangeText) return wrong;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const std::optional<std::int64_t> id = positive(fields[i]);
    if (!id) return wrong;
    out.recipients.push_back(*id);
  }
  return out;
}

std::vector<Counter> read_counters(std::string_view datagram) {
  std::vector<Counter> out;
  if (!datagram.starts_with('S')) return out;
  for (const std::string_view line : ascii::split(datagram.substr(1), '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos) continue;
    const std::optional<std::int64_t> value = positive(line.substr(equals + 1));
    if (value) out.push_back({std::string{line.substr(0, equals)}, *value});
  }
  return out;
}

}  // namespace lbx::wire
