// SPDX-License-Identifier: MIT
#include "service/pop3/piped.h"

#include "core/base/log.h"
#include "pop3d/open_maildrop.h"
#include "service/auth/login_file.h"
#include "service/stdio_driver.h"

namespace lbx::pop3 {
namespace {

class FileAccounts final : public pop3d::Accounts {
 public:
  FileAccounts(System& system, const std::string& login_file, const pop3d::ServerSettings& settings)
      : system_{system}, login_file_{login_file}, settings_{settings} {}

  /// The file is read anew, so that a change of it holds at once.
  pop3d::LoginOutcome log_in(const pop3d::Credentials& credentials) override {
    const Result<auth::LoginFile> logins = auth::LoginFile::read(system_.files, login_file_);
    if (!logins) {
      log("login-failed", {{"why", logins.error().what}});
      return pop3d::Refusal::Later;
    }
    const auto maildir = logins->check(credentials.user, credentials.secret);
    if (!maildir) return pop3d::Refusal::Credentials;
    return pop3d::open_maildrop(system_, *maildir, settings_);
  }

 private:
  System& system_;
  const std::string& login_file_;
  const pop3d::ServerSettings& settings_;
};

}  // namespace

Result<void> serve_pipes(System& system, const std::string& login_file,
                         const pop3d::ServerSettings& settings) {
  FileAccounts accounts{system, login_file, settings};
  pop3d::Session session{settings.session, accounts};
  static_cast<void>(converse(session));  // a client that has gone is no failure of ours
  return {};
}

}  // namespace lbx::pop3
