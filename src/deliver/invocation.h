// SPDX-License-Identifier: MIT
// What letterbox-deliver was asked to do, from its options and from the environment that Postfix,
// OpenSMTPD, Exim and others give a delivery program.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "deliver/plan.h"

namespace lbx::deliver {

/// The options; what is not given comes from the environment.
struct Invocation {
  std::optional<std::string> user;
  std::optional<std::string> home;
  std::optional<std::string> ext;
  std::optional<std::string> sender;
  std::optional<std::string> recipient;
  std::string default_delivery{"./Maildir/"};
  std::string exit_codes{"sysexits"};
  std::string attempt;

  ExitStyle exit_style() const {
    return exit_codes == "qmail" ? ExitStyle::Qmail : ExitStyle::Sysexits;
  }
};

/// The account that we run as, where the caller says neither user nor home.
struct OwnAccount {
  std::string name;
  std::string home;
};

/// Whether the account has to be asked for at all.
bool needs_account(const Invocation& invocation, const Environment& environment);

/// Each value is the option's, else the environment's (USER or LOGNAME, HOME, EXTENSION or
/// LOCAL_PART_SUFFIX, SENDER, RECIPIENT, DOMAIN), else the account's. Without an
/// extension, one that the recipient option shows (user-ext@host) counts. A home that is no
/// absolute path is an error, Retry::Later.
Result<Request> to_request(const Invocation& invocation, const Environment& environment,
                           const std::string& host_name, const OwnAccount& account);

}  // namespace lbx::deliver
