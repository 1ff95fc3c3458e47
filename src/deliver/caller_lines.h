// SPDX-License-Identifier: MIT
// The lines that a mail system puts before a message when it hands it to a delivery program: a
// From_ line, Return-Path, and its own Delivered-To for this very address. We write all three
// ourselves; and that Delivered-To must not be taken for a loop.
#pragma once

#include <string>
#include <string_view>

namespace lbx::deliver {

/// `head`, the beginning of a message, without them. Only the trace block at the very top is
/// looked at, and only one line equal to `delivered_to` goes: a message that really loops has
/// another one below the Received lines of its second journey.
std::string without_caller_lines(std::string_view head, std::string_view delivered_to);

}  // namespace lbx::deliver
