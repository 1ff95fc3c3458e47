// SPDX-License-Identifier: MIT
// A SASL exchange (RFC 4422) as a session sees it: bytes from the client, a step back. The
// mechanisms themselves live elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "pop3d/refusal.h"

namespace lbx::pop3d {

struct SaslStep {
  enum class Kind {
    Challenge,  // `text` is for the client, who answers
    Done,       // `text` is the account that is let in: for Accounts::open()
    Refused,    // `refusal` says why
    Awaited,    // the step comes later, through Session::answer()
  };
  Kind kind;
  std::string text;
  Refusal refusal{Refusal::Credentials};
};

class SaslExchange {
 public:
  virtual ~SaslExchange() = default;
  /// The mechanism begins with a challenge, so a client may send nothing with AUTH (RFC 5034
  /// section 4); step() is then called first without octets.
  virtual bool server_first() const = 0;
  /// `response` is what the client sent, decoded. Not called again after Done or Refused. Data that
  /// a mechanism sends with its success is a challenge that the client answers with nothing.
  virtual SaslStep step(std::string_view response) = 0;
};

}  // namespace lbx::pop3d
