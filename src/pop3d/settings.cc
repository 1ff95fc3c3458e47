// SPDX-License-Identifier: MIT
#include "pop3d/settings.h"

#include "core/control/settings.h"

namespace lbx::pop3d {
namespace {

Import import_of(std::string_view word) {
  if (word == "none") return Import::None;
  if (word == "dovecot") return Import::Dovecot;
  if (word == "courier") return Import::Courier;
  if (word == "x-uidl") return Import::XUidl;
  if (word == "md5-name") return Import::Md5OfName;
  return Import::Auto;
}

Utf8 utf8_of(std::string_view word) {
  if (word == "off") return Utf8::Off;
  return word == "strict" ? Utf8::Strict : Utf8::AsStored;
}

}  // namespace

Result<ServerSettings> read_settings(const control::ControlDirectory& control) {
  ServerSettings settings;
  settings.lock = LBX_TRY(control.get(control::kPop3Lock)) == "yes";
  MaildirMaildrop::Options& maildrop = settings.maildrop;
  maildrop.sync = LBX_TRY(control.get(control::kPop3Sync)) == "yes";
  maildrop.trust_names = LBX_TRY(control.get(control::kPop3TrustNames)) == "yes";
  maildrop.threads = static_cast<unsigned>(LBX_TRY(control.get(control::kPop3ScanThreads)));
  maildrop.import.from = import_of(LBX_TRY(control.get(control::kPop3Import)));
  maildrop.import.dovecot_format = LBX_TRY(control.get(control::kPop3UidlFormat));

  const std::uint64_t expire = LBX_TRY(control.get(control::kPop3Expire));
  if (expire > 0) settings.session.expire_days = static_cast<unsigned>(expire);
  settings.session.login_delay =
      std::chrono::seconds{LBX_TRY(control.get(control::kPop3LoginDelay))};
  settings.session.utf8 = utf8_of(LBX_TRY(control.get(control::kPop3Utf8)));
  return settings;
}

}  // namespace lbx::pop3d
