// SPDX-License-Identifier: MIT
#include "service/auth/authenticator.h"

#include "core/base/ascii.h"
#include "core/control/settings.h"
#include "service/auth/file_source.h"
#include "service/auth/helper.h"
#include "service/auth/prepare.h"

namespace lbx::auth {
namespace {

constexpr int kReportOnOutput = 1;

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  const std::string spaced = ascii::replace(line, '\t', ' ');
  for (const std::string_view each : ascii::split(spaced, ' ')) {
    if (!each.empty()) words.emplace_back(each);
  }
  return words;
}

std::optional<std::string> prepared_name(const std::string& name) {
  const Result<std::string> prepared = prepare_name(name, Prepare::Compare);
  if (!prepared) return std::nullopt;
  return *prepared;
}

Result<std::vector<std::string>> command_of(const std::string& setting,
                                            std::vector<std::string> words) {
  if (!words.empty() && !words.front().starts_with('/')) {
    return Error::later(setting + ": " + words.front() + " is not an absolute path");
  }
  return words;
}

PlaintextPolicy policy_of(std::string_view word) {
  if (word == "tls") return PlaintextPolicy::Tls;
  return word == "always" ? PlaintextPolicy::Always : PlaintextPolicy::TlsOrLoopback;
}

Failure nobody() {
  return {FailureKind::Credentials, "no such user, or not the password"};
}

}  // namespace

Result<std::unique_ptr<Authenticator>> Authenticator::open(System& system,
                                                           users::Accounts& accounts,
                                                           const control::ControlDirectory& control,
                                                           const std::string& self, int helpers) {
  std::unique_ptr<Authenticator> made{new Authenticator{system, helpers}};
  const std::uint64_t seconds = LBX_TRY(control.get(control::kAuthTimeout));
  made->rules_.self = self;
  made->rules_.limit = std::chrono::seconds{seconds};
  made->policy_ = policy_of(LBX_TRY(control.get(control::kPlaintextLogin)));
  const std::string program = LBX_TRY(control.get(control::kTokenProgram));
  made->token_program_ = LBX_TRY(command_of("tokenprogram", words_of(program)));
  made->runs_programs_ = !made->token_program_.empty();
  std::vector<std::string> lines = LBX_TRY(control.get(control::kAuthSources));
  if (lines.empty()) lines.emplace_back("file");
  for (const std::string& line : lines) {
    LBX_TRY(made->add_source(accounts, line, control.mail_home()));
  }
  return made;
}

Result<std::unique_ptr<Authenticator>> Authenticator::over(
    System& system, const control::ControlDirectory& control,
    std::vector<std::unique_ptr<Source>> sources) {
  std::unique_ptr<Authenticator> made{new Authenticator{system, 0}};
  made->policy_ = policy_of(LBX_TRY(control.get(control::kPlaintextLogin)));
  made->sources_ = std::move(sources);
  return made;
}

Result<void> Authenticator::add_source(users::Accounts& accounts, const std::string& line,
                                       const std::string& mail_home) {
  std::vector<std::string> words = words_of(line);
  const std::string kind = words.front();
  words.erase(words.begin());
  if (kind == "file" && words.empty()) {
    sources_.push_back(
        std::make_unique<FileSource>(system_, mail_home + '/' + std::string{kAccountFile}));
    return {};
  }
  runs_programs_ = true;
  if (kind == "pam" && words.size() <= 1) {
    const std::string service = words.empty() ? "letterbox" : words.front();
    sources_.push_back(std::make_unique<PamSource>(system_, accounts, rules_, service));
    return {};
  }
  if (kind == "checkpassword" && !words.empty()) {
    std::vector<std::string> command = LBX_TRY(command_of("authsources", std::move(words)));
    sources_.push_back(std::make_unique<CheckpasswordSource>(system_, rules_, std::move(command)));
    return {};
  }
  return Error::later("authsources: not file, pam [SERVICE] or checkpassword PROGRAM: " + line);
}

std::vector<std::string> Authenticator::offer(const Connection& connection) {
  const Abilities abilities{true, !scram_secret().empty(), !token_program_.empty()};
  return offered(abilities, connection, policy_);
}

Verdict Authenticator::check_password(const std::string& name, const std::string& password,
                                      const Client& client) {
  Login login{name, prepared_name(name), std::nullopt, client};
  Result<std::string> prepared = prepare_password(password, Prepare::Compare);
  if (prepared) login.password = std::move(prepared).value();
  std::optional<Verdict> verdict;
  for (const std::unique_ptr<Source>& source : sources_) {
    verdict = source->check(login);
    if (verdict) break;
  }
  if (login.password) wipe(*login.password);
  return verdict ? *std::move(verdict) : nobody();
}

Verdict Authenticator::account(const std::string& name, const Client& client) {
  const std::optional<std::string> prepared = prepared_name(name);
  if (!prepared) return nobody();
  for (const std::unique_ptr<Source>& source : sources_) {
    std::optional<Verdict> verdict = source->account(*prepared, client);
    if (verdict) return *std::move(verdict);
  }
  return nobody();
}

Result<ScramKeys> Authenticator::scram_keys(const std::string& name) {
  const std::optional<std::string> prepared = prepared_name(name);
  for (const std::unique_ptr<Source>& source : sources_) {
    if (!prepared) break;
    const std::optional<ScramKeys> keys = LBX_TRY(source->scram_keys(*prepared));
    if (keys) return *keys;
  }
  return decoy_scram_keys(prepared.value_or(name), scram_secret());
}

std::string Authenticator::scram_secret() {
  for (const std::unique_ptr<Source>& source : sources_) {
    const Result<std::string> secret = source->scram_secret();
    if (secret && !secret->empty()) return *secret;
  }
  return {};
}

Verdict Authenticator::check_token(const std::string& mechanism, const std::string& name,
                                   const std::string& token, const Client& client) {
  const bool nul = name.find('\0') != name.npos;
  if (token_program_.empty() || nul || name.size() > kMaxName) return nobody();
  std::string credentials;
  for (const std::string& each : {name, token, client.address, mechanism}) {
    (credentials += each) += '\0';
  }
  const auto ran =
      run_by_rules(system_, rules_, token_program_, std::move(credentials), kReportOnOutput);
  if (const auto* const failure = std::get_if<Failure>(&ran)) return *failure;
  const auto& result = std::get<HelperResult>(ran);
  const bool refused = !result.status.crashed && result.status.code == kHelperRefuses;
  if (refused) return nobody();
  if (result.status.crashed || result.status.code != 0) {
    return Failure{FailureKind::Temporary, token_program_.front() + " failed"};
  }
  const std::string text = result.report ? result.report->text : "";
  const std::string owner{ascii::trim(std::string_view{text}.substr(0, text.find('\n')))};
  if (owner.empty()) return account(name, client);
  if (!name.empty() && prepared_name(name) != prepared_name(owner)) {
    return Failure{FailureKind::Credentials, "a token of " + owner};
  }
  return account(owner, client);
}

/// Only who has proved who he is hears it: nobody learns which accounts there are.
Verdict ClientBackend::allowed(Verdict verdict) const {
  const auto* const account = std::get_if<Account>(&verdict);
  if (account == nullptr || !account->tls_only || client_.tls) return verdict;
  return Failure{FailureKind::NotOffered, "without TLS"};
}

}  // namespace lbx::auth
