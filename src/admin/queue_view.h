// SPDX-License-Identifier: MIT
// Messages of the queue as people and programs read them. Whatever a sender or a remote host has
// written is shown on one line without control characters; JSON has it escaped, and octets that are
// no UTF-8 as U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "admin/queue_selection.h"
#include "queue/store/message.h"

namespace lbx::admin {

/// A span of time in its two largest units: "45s", "3h20m", "2d4h".
std::string span_text(std::int64_t seconds);

/// A line for the message, and two at most for each recipient that `selection` chooses.
std::string list_text(const queue::Message& message, const QueueSelection& selection,
                      std::int64_t now);
/// Everything there is to know, whatever was chosen.
std::string show_text(const queue::Message& message, std::int64_t now);
/// One object, without a line end.
std::string message_json(const queue::Message& message, const QueueSelection& selection,
                         std::int64_t now);

}  // namespace lbx::admin
