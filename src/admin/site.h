// SPDX-License-Identifier: MIT
// What the commands that look into a mail system share.
#pragma once

#include <optional>
#include <string>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "core/users/accounts.h"
#include "deliver/settings.h"

namespace lbx::admin {

/// The mail system that is looked into. All of it outlives the question.
struct Site {
  System& system;
  users::Accounts& accounts;
  const control::ControlDirectory& control;
  const deliver::Settings& settings;
  bool as_users{false};  // users' files with their rights (UserRights): whoever asks is root
};

struct SplitAddress {
  std::string local;
  std::optional<std::string> host;  // nothing: there is no '@'
};

/// An address as people write it comes without its quotes, as it does from a mail server. What is
/// none is taken as it stands: qmail-local takes anything.
SplitAddress split_address(const std::string& address);

/// Whether the queue can make something of it: with its domain, or with one added.
bool is_address(const std::string& text);

/// A text of somebody else's on a terminal: one line, no control octets.
std::string shown(std::string_view text);

}  // namespace lbx::admin
