// SPDX-License-Identifier: MIT
// What a delivery knows, and how programs are told: the lines that go before a message and the
// variables of qmail-command(8) (CONTRACT 2.5 to 2.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/system.h"

namespace lbx::dotqmail {

/// One message for one address, as qmail-local(8) is told of it. Any octet but NUL may stand
/// anywhere, newlines too.
struct Request {
  std::string user;
  std::string home;
  std::string local;
  std::string dash;
  std::string ext;
  std::string host;
  std::string sender;            // empty for a bounce
  std::string default_delivery;  // what to do where no .qmail file says anything
};

/// The lines, each with its newline and with no other one in it.
struct EnvelopeLines {
  std::string delivered_to;  // DTLINE
  std::string return_path;   // RPLINE
  std::string from;          // UFLINE: the From_ line of an mbox
};
EnvelopeLines envelope_lines(const Request& request, Instant now);

/// Which of the two owner files exist.
enum class Owner { None, Plain, PerRecipient };

/// NEWSENDER: whom bounces of what is forwarded go to.
std::string new_sender(const Request& request, Owner owner);

/// The variables of a delivery, DEFAULT only where the chosen file gives it a value.
Environment variables(const Request& request, const EnvelopeLines& lines,
                      const std::string& new_sender,
                      const std::optional<std::string>& default_part);

/// `inherited` with `ours` over it. DEFAULT is never inherited: it would be another message's.
Environment with_variables(Environment inherited, const Environment& ours);

}  // namespace lbx::dotqmail
