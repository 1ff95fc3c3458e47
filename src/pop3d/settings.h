// SPDX-License-Identifier: MIT
// What the control directory says of the POP3 server: letterbox-control(5), the settings that begin
// with pop3.
#pragma once

#include "core/base/result.h"
#include "core/control/control_directory.h"
#include "pop3d/maildir_maildrop.h"
#include "pop3d/session.h"

namespace lbx::pop3d {

struct ServerSettings {
  Settings session;
  MaildirMaildrop::Options maildrop;
  bool lock{false};  // one session at a time: session_lock.h
};

/// Defaults where there is no setting. An error names the file.
Result<ServerSettings> read_settings(const control::ControlDirectory& control);

}  // namespace lbx::pop3d
