// SPDX-License-Identifier: MIT
#include "pop3d/open_maildrop.h"

#include <fcntl.h>

#include "core/base/log.h"
#include "pop3d/login_delay.h"
#include "pop3d/session_lock.h"

namespace lbx::pop3d {
namespace {

Result<LoginOutcome> try_to_open(System& system, const std::string& path,
                                 const ServerSettings& settings) {
  UniqueFd maildir = LBX_TRY(open_maildir(system.files, AT_FDCWD, path));
  if (settings.lock && !LBX_TRY(lock_maildrop(maildir.get()))) {
    return LoginOutcome{Refusal::InUse};
  }
  const bool too_soon =
      LBX_TRY(login_too_soon(system, maildir.get(), settings.session.login_delay));
  if (too_soon) return LoginOutcome{Refusal::TooSoon};
  return LoginOutcome{
      LBX_TRY(MaildirMaildrop::open(system, std::move(maildir), settings.maildrop))};
}

}  // namespace

LoginOutcome open_maildrop(System& system, const std::string& path,
                           const ServerSettings& settings) {
  Result<LoginOutcome> outcome = try_to_open(system, path, settings);
  if (outcome) return std::move(outcome).value();
  log("login-failed", {{"why", outcome.error().what}});
  return Refusal::Later;
}

}  // namespace lbx::pop3d
