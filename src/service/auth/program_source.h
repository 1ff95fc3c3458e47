// SPDX-License-Identifier: MIT
// Accounts that other programs know: system accounts through PAM, and any checkpassword program.
// Both run as processes of their own with a deadline, and no more at once than the gate lets
// through, so that a slow one cannot take every thread from the other sources.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "core/users/accounts.h"
#include "service/auth/helper.h"
#include "service/auth/source.h"

namespace lbx::auth {

/// Octets that a checkpassword program takes (CONTRACT 1.17).
inline constexpr std::size_t kMaxCheckpassword = 512;

/// How many helpers may run at once.
class Gate {
 public:
  explicit Gate(int places) : free_{places} {}
  bool enter() {
    if (free_.fetch_sub(1) > 0) return true;
    leave();
    return false;
  }
  void leave() { free_.fetch_add(1); }

 private:
  std::atomic<int> free_;
};

/// What running helpers takes. `self` is the path of letterbox-authd, which is what a checkpassword
/// program runs once it has let somebody in (--report), and what asks PAM (--check-pam).
struct HelperRules {
  std::string self;
  std::chrono::milliseconds limit;
  Gate& gate;
};

/// A helper within the rules; a Failure, Temporary, where it could not be run or says so (111).
std::variant<HelperResult, Failure> run_by_rules(const System& system, const HelperRules& rules,
                                                 std::vector<std::string> argv,
                                                 std::string credentials,
                                                 std::optional<int> report_on);

class PamSource final : public Source {
 public:
  PamSource(System& system, users::Accounts& accounts, HelperRules rules, std::string service);
  std::optional<Verdict> check(const Login& login) override;
  std::optional<Verdict> account(const std::string& name, const Client& client) override;
  Result<std::optional<ScramKeys>> scram_keys(const std::string&) override {
    return std::optional<ScramKeys>{};
  }
  Result<std::string> scram_secret() override { return std::string{}; }

 private:
  std::optional<Verdict> ask(const std::string& mode, const std::string& name,
                             const std::string& password, const Client& client);
  std::optional<Verdict> account_of(const std::string& name);

  System& system_;
  users::Accounts& accounts_;
  HelperRules rules_;
  std::string service_;
};

/// A checkpassword program cannot say anything of a user without his password.
class CheckpasswordSource final : public Source {
 public:
  CheckpasswordSource(System& system, HelperRules rules, std::vector<std::string> command);
  std::optional<Verdict> check(const Login& login) override;
  std::optional<Verdict> account(const std::string&, const Client&) override {
    return std::nullopt;
  }
  Result<std::optional<ScramKeys>> scram_keys(const std::string&) override {
    return std::optional<ScramKeys>{};
  }
  Result<std::string> scram_secret() override { return std::string{}; }

 private:
  System& system_;
  HelperRules rules_;
  std::vector<std::string> command_;
};

/// What `letterbox-authd --report` says on descriptor 4, from the environment that a checkpassword
/// program leaves: USER, HOME and, where it is set, MAILDIR.
inline constexpr int kReportFd = 4;
std::string account_report(const Environment& environment);
/// The account it means; `name` is who logged in. Root is refused.
Verdict parse_account_report(const HelperReport& report, const std::string& name);

}  // namespace lbx::auth
