// SPDX-License-Identifier: MIT
#include "service/auth/program_source.h"

#include "core/base/ascii.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

// checkpassword's interface: 1 unacceptable, 2 misused, 111 temporary.
constexpr int kUnacceptable = 1;

Failure temporary(const std::string& why) {
  return {FailureKind::Temporary, why};
}

/// 0: true; 1: false; anything else: nobody can tell now.
std::variant<bool, Failure> judged(const std::string& program, ExitStatus status) {
  if (!status.crashed && status.code == 0) return true;
  if (!status.crashed && status.code == kUnacceptable) return false;
  return temporary(program + (status.crashed ? " was killed by signal " : " exited ") +
                   std::to_string(status.code));
}

std::string with_nuls(const std::vector<std::string>& fields) {
  std::string text;
  for (const std::string& each : fields) (text += each) += '\0';
  return text;
}

}  // namespace

std::variant<HelperResult, Failure> run_by_rules(const System& system, const HelperRules& rules,
                                                 std::vector<std::string> argv,
                                                 std::string credentials,
                                                 std::optional<int> report_on) {
  const std::string program = argv.front();
  if (!rules.gate.enter()) return temporary(program + ": too many at once");
  HelperCall call{std::move(argv), std::move(credentials), report_on, rules.limit};
  Result<HelperResult> ran = run_helper(system, call);
  rules.gate.leave();
  wipe(call.credentials);
  if (!ran) return temporary(program + ": " + ran.error().what);
  return std::move(ran).value();
}

PamSource::PamSource(System& system, users::Accounts& accounts, HelperRules rules,
                     std::string service)
    : system_{system},
      accounts_{accounts},
      rules_{std::move(rules)},
      service_{std::move(service)} {}

std::optional<Verdict> PamSource::check(const Login& login) {
  if (!login.name || !login.password) return std::nullopt;
  return ask("password", login.raw_name, *login.password, login.client);
}

std::optional<Verdict> PamSource::account(const std::string& name, const Client& client) {
  return ask("account", name, "", client);
}

std::optional<Verdict> PamSource::ask(const std::string& mode, const std::string& name,
                                      const std::string& password, const Client& client) {
  if (name.empty() || name.size() > kMaxName || password.size() > kMaxPassword) return std::nullopt;
  const auto ran = run_by_rules(system_, rules_, {rules_.self, "--check-pam", service_},
                                with_nuls({name, password, client.address, mode}), std::nullopt);
  if (const auto* failure = std::get_if<Failure>(&ran)) return *failure;
  const auto verdict = judged("PAM", std::get<HelperResult>(ran).status);
  if (const auto* failure = std::get_if<Failure>(&verdict)) return *failure;
  if (!std::get<bool>(verdict)) return std::nullopt;
  return account_of(name);
}

std::optional<Verdict> PamSource::account_of(const std::string& name) {
  const Result<std::optional<users::Account>> found = accounts_.by_name(name);
  if (!found) return temporary(found.error().what);
  if (!*found) return temporary("PAM knows " + name + ", passwd(5) does not");
  const users::Account& user = **found;
  if (user.uid == 0) return Failure{FailureKind::Credentials, "root has no mailbox"};
  return Account{user.name, Owner{user.uid, user.gid}, user.home, user.home + "/Maildir/", {}};
}

CheckpasswordSource::CheckpasswordSource(System& system, HelperRules rules,
                                         std::vector<std::string> command)
    : system_{system}, rules_{std::move(rules)}, command_{std::move(command)} {}

std::optional<Verdict> CheckpasswordSource::check(const Login& login) {
  if (!login.name || !login.password) return std::nullopt;
  std::string credentials = with_nuls({login.raw_name, *login.password, "x"});
  if (credentials.size() > kMaxCheckpassword) {
    wipe(credentials);
    return std::nullopt;
  }
  std::vector<std::string> argv = command_;
  argv.insert(argv.end(), {rules_.self, "--report"});
  const auto ran =
      run_by_rules(system_, rules_, std::move(argv), std::move(credentials), kReportFd);
  if (const auto* failure = std::get_if<Failure>(&ran)) return *failure;
  const auto& result = std::get<HelperResult>(ran);
  const auto verdict = judged(command_.front(), result.status);
  if (const auto* failure = std::get_if<Failure>(&verdict)) return *failure;
  if (!std::get<bool>(verdict)) return std::nullopt;
  if (!result.report) return temporary(command_.front() + " said yes, but not to whom");
  return parse_account_report(*result.report, login.raw_name);
}

std::string account_report(const Environment& environment) {
  return with_nuls({lookup(environment, "USER").value_or(""),
                    lookup(environment, "HOME").value_or(""),
                    lookup(environment, "MAILDIR").value_or("")});
}

Verdict parse_account_report(const HelperReport& report, const std::string& name) {
  const std::vector<std::string_view> fields = ascii::split(report.text, '\0');
  if (fields.size() != 4) return temporary("a report that nobody understands");
  const std::string home{fields[1]};
  if (!home.starts_with('/')) return temporary("the checkpassword program left HOME unset");
  // Whoever runs as root after checkpassword has not become anybody.
  if (report.uid == 0) return Failure{FailureKind::Credentials, "root has no mailbox"};
  std::string maildir{fields[2].starts_with('/') ? fields[2] : ""};
  if (maildir.empty()) maildir = home + "/Maildir/";
  return Account{fields[0].empty() ? name : std::string{fields[0]}, Owner{report.uid, report.gid},
                 home, std::move(maildir), std::nullopt};
}

}  // namespace lbx::auth
