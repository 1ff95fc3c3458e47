// SPDX-License-Identifier: MIT
// Which messages and recipients of the queue a command is about. A message is chosen by its number,
// sender and age, a recipient by everything else; whatever is not asked for lets all through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "queue/store/message.h"

namespace lbx::admin {

struct QueueSelection {
  std::vector<queue::MessageId> messages{};
  // Patterns: '*' stands for anything, capitals do not count. The sender of bounces is "<>".
  std::optional<std::string> sender{};
  std::optional<std::string> recipient{};    // as it is delivered, or as the sender knows it
  std::optional<std::string> destination{};  // a domain, or a local user
  std::optional<std::int64_t> older{};       // seconds at least
  std::optional<std::int64_t> younger{};     // seconds at most
  std::optional<queue::State> state{};
  std::optional<queue::Channel> channel{};
};

/// Whether it lets everything through, by whatever words.
bool chooses_everything(const QueueSelection& selection);

bool chooses(const QueueSelection& selection, const queue::Message& message, std::int64_t now);
/// Of a message that is chosen. Those that are done are chosen only where their state is asked for.
bool chooses(const QueueSelection& selection, const queue::Recipient& recipient);

/// Whether only some recipients of a message may be meant.
bool chooses_recipients(const QueueSelection& selection);

bool matches_pattern(std::string_view pattern, std::string_view text);

/// "90", "45s", "10m", "12h", "3d" or "2w" as seconds.
Result<std::int64_t> parse_age(const std::string& text);

std::string_view word_of(queue::State state);
std::string_view word_of(queue::Channel channel);
Result<queue::State> parse_state(const std::string& text);
Result<queue::Channel> parse_channel(const std::string& text);

}  // namespace lbx::admin
