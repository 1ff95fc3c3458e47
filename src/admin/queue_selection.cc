// SPDX-License-Identifier: MIT
#include "admin/queue_selection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"

namespace lbx::admin {
namespace {

using queue::Channel;
using queue::State;

constexpr std::array kStates{
    std::pair{State::Waiting, std::string_view{"waiting"}},
    std::pair{State::Held, std::string_view{"held"}},
    std::pair{State::Failed, std::string_view{"failed"}},
    std::pair{State::Arrived, std::string_view{"arrived"}},
    std::pair{State::Done, std::string_view{"done"}},
};
constexpr std::array kChannels{
    std::pair{Channel::Local, std::string_view{"local"}},
    std::pair{Channel::Remote, std::string_view{"remote"}},
};

constexpr std::array kUnits{
    std::pair{'s', std::int64_t{1}},       std::pair{'m', std::int64_t{60}},
    std::pair{'h', std::int64_t{3600}},    std::pair{'d', std::int64_t{86'400}},
    std::pair{'w', std::int64_t{604'800}},
};
/// Seconds of an age at most: a century, far from any overflow.
constexpr std::uint64_t kMaxAge = std::uint64_t{100} * 366 * 86'400;

template <typename Table, typename Key>
std::string_view word_in(const Table& table, Key key) {
  const auto* const found =
      std::ranges::find(table, key, [](const auto& row) { return row.first; });
  return found == table.end() ? "unknown" : found->second;
}

template <typename Value, std::size_t Size>
Result<Value> value_in(const std::array<std::pair<Value, std::string_view>, Size>& table,
                       const std::string& word) {
  std::string words;
  for (const auto& [value, name] : table) {
    if (name == word) return value;
    (words += ' ') += name;
  }
  return Error::never(word + " is none of:" + words);
}

bool lets_all_through(const std::optional<std::string>& pattern) {
  return !pattern ||
         (!pattern->empty() && std::ranges::all_of(*pattern, [](char c) { return c == '*'; }));
}

/// `sender` without the brackets that people write.
std::string_view bare(std::string_view sender) {
  if (!sender.starts_with('<') || !sender.ends_with('>')) return sender;
  return sender.substr(1, sender.size() - 2);
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
  // Where it does not go on, the last '*' takes one octet more.
  std::size_t at = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  std::size_t next = 0;
  while (next < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_text = next;
    } else if (at < pattern.size() && ascii::lower(pattern[at]) == ascii::lower(text[next])) {
      ++at;
      ++next;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      next = ++star_text;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

bool chooses_everything(const QueueSelection& selection) {
  return selection.messages.empty() && lets_all_through(selection.sender) &&
         selection.older.value_or(0) == 0 && !selection.younger && !selection.channel &&
         !selection.state && lets_all_through(selection.recipient) &&
         lets_all_through(selection.destination);
}

bool chooses_recipients(const QueueSelection& selection) {
  return selection.recipient || selection.destination || selection.state || selection.channel;
}

bool chooses(const QueueSelection& selection, const queue::Message& message, std::int64_t now) {
  // The clock may have been put back since.
  const std::int64_t age = std::max<std::int64_t>(now - message.envelope.born, 0);
  if (!selection.messages.empty() &&
      std::ranges::find(selection.messages, message.id) == selection.messages.end()) {
    return false;
  }
  if (selection.sender && !matches_pattern(bare(*selection.sender), message.envelope.sender)) {
    return false;
  }
  if (selection.older && age < *selection.older) return false;
  if (selection.younger && age > *selection.younger) return false;
  if (!chooses_recipients(selection)) return true;
  return std::ranges::any_of(message.recipients, [&selection](const queue::Recipient& each) {
    return chooses(selection, each);
  });
}

bool chooses(const QueueSelection& selection, const queue::Recipient& recipient) {
  const queue::NewRecipient& as = recipient.as;
  if (selection.state ? recipient.state != *selection.state : recipient.state == State::Done) {
    return false;
  }
  if (selection.channel && as.channel != *selection.channel) return false;
  if (selection.destination && !matches_pattern(*selection.destination, as.destination)) {
    return false;
  }
  return !selection.recipient || matches_pattern(*selection.recipient, as.address) ||
         (!as.original.empty() && matches_pattern(*selection.recipient, as.original));
}

Result<std::int64_t> parse_age(const std::string& text) {
  std::string_view digits = text;
  std::int64_t unit = 1;
  const auto* const found = std::ranges::find(kUnits, text.empty() ? ' ' : text.back(),
                                              [](const auto& row) { return row.first; });
  if (found != kUnits.end()) {
    unit = found->second;
    digits.remove_suffix(1);
  }
  const std::optional<std::uint64_t> number = ascii::parse_number(digits);
  if (!number) return Error::never(text + " is no age: a number, with s, m, h, d or w behind it");
  if (*number > kMaxAge / static_cast<std::uint64_t>(unit)) {
    return Error::never(text + " is more than a hundred years");
  }
  return static_cast<std::int64_t>(*number) * unit;
}

std::string_view word_of(State state) {
  return word_in(kStates, state);
}
std::string_view word_of(Channel channel) {
  return word_in(kChannels, channel);
}
Result<State> parse_state(const std::string& text) {
  return value_in(kStates, text);
}
Result<Channel> parse_channel(const std::string& text) {
  return value_in(kChannels, text);
}

}  // namespace lbx::admin
