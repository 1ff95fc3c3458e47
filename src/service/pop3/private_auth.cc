// SPDX-License-Identifier: MIT
#include "service/pop3/private_auth.h"

#include <unistd.h>

#include <csignal>

#include "core/base/ascii.h"
#include "core/base/log.h"
#include "core/base/mail_home.h"
#include "core/base/process.h"
#include "core/base/user.h"
#include "service/auth/auth_server.h"
#include "service/auth/hardening.h"
#include "service/auth/login_file.h"

namespace lbx::pop3 {
namespace {

constexpr unsigned kHashThreads = 2;
constexpr auth::Millis kFailureCost{1000};

Result<void> serve_logins(System& system, const std::string& login_file, int listener, int stop) {
  close_all_but({listener, stop});
  LBX_TRY(auth::harden(false));
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  std::vector<std::unique_ptr<auth::Source>> sources;
  sources.push_back(std::make_unique<auth::LoginFileSource>(system, login_file));
  const auto authenticator =
      LBX_TRY(auth::Authenticator::over(system, control, std::move(sources)));
  auto pool = LBX_TRY(auth::WorkerPool::start(kHashThreads));
  auth::AuthServer server{
      *authenticator, system.randomness, std::move(pool), kFailureCost, {::geteuid()}};
  return server.serve(listener, stop);
}

}  // namespace

Result<PrivateAuth> start_private_auth(System& system, const std::string& login_file) {
  const std::string name = "@letterbox-pop3d-" + ascii::to_hex(system.randomness.bits64(), 16);
  const UniqueFd listener = LBX_TRY(auth::listen_at(name));
  Pipe pipe = LBX_TRY(make_pipe());
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) {
    for (const int each : {SIGTERM, SIGINT}) static_cast<void>(std::signal(each, SIG_DFL));
    const Result<void> served =
        serve_logins(system, login_file, listener.get(), pipe.read_end.get());
    if (!served) log("private-auth", {{"why", served.error().what}});
    ::_exit(served ? 0 : 1);
  }
  return PrivateAuth{name, std::move(pipe.write_end)};
}

}  // namespace lbx::pop3
