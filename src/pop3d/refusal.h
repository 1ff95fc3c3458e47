// SPDX-License-Identifier: MIT
// Why somebody is not let in. Each has one answer (RFC 2449 section 8, RFC 3206).
#pragma once

namespace lbx::pop3d {

enum class Refusal {
  Credentials,  // no such user or not the password: nobody is told which
  Malformed,    // what was sent is no message of the mechanism
  NeedsTls,     // this user, or this server, lets nobody in without TLS
  Later,        // the maildrop or the accounts cannot be read now
  Permanent,    // somebody has to mend something first
  TooSoon,      // RFC 2449 section 6.5; only after good credentials
  InUse,        // another session has the maildrop; only after good credentials
  HandedOver,   // another program carries on with the peer; this session is over
};

}  // namespace lbx::pop3d
