// SPDX-License-Identifier: MIT
#include "pop3d/session.h"

#include <algorithm>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/base64.h"

namespace lbx::pop3d {
namespace {

constexpr std::size_t kListingPiece = std::size_t{16} * 1024;

}  // namespace

Session::Session(Settings settings, Accounts& accounts)
    : settings_{std::move(settings)}, accounts_{&accounts} {
  ok(settings_.greeting);
}

Session::Session(Settings settings, std::unique_ptr<Maildrop> maildrop)
    : settings_{std::move(settings)} {
  ok(settings_.greeting);
  enter_transaction(std::move(maildrop));
}

void Session::input(std::string_view bytes) {
  if (!ended_ && !wants_tls_) lines_.feed(bytes);
}

bool Session::has_output() const {
  return !reply_.empty() || producing() || (!ended_ && !waiting() && lines_.ready(expected()));
}

void Session::output(std::string& out, std::size_t limit) {
  delay_ = {};
  while (out.size() < limit) {
    out += reply_;
    reply_.clear();
    if (producing()) {
      produce(out);
      continue;
    }
    // A refused login is answered by itself, so that holding it back holds back nothing else.
    if (ended_ || waiting() || delay_.count() > 0) break;
    const std::optional<CommandLine> line = lines_.next(expected());
    if (!line) break;
    exchange_ ? answer_sasl(*line) : answer(*line);
  }
}

void Session::tls_started(const TlsInfo& /*info*/) {
  settings_.tls = true;
  wants_tls_ = false;
  lines_.clear();
  user_.reset();
  exchange_.reset();
  utf8_ = false;
}

std::chrono::seconds Session::idle_limit() const {
  return maildrop_ ? settings_.idle_limit : settings_.login_limit;
}

void Session::produce(std::string& out) {
  if (Listing* listing = std::get_if<Listing>(&product_)) {
    if (!produce_listing(*listing, out)) product_ = std::monostate{};
    return;
  }
  produce_message(std::get<Sending>(product_), out);
}

void Session::produce_message(Sending& sending, std::string& out) {
  const MessageStream::State state = sending.stream.produce(out);
  if (state == MessageStream::State::More) return;
  if (state == MessageStream::State::Done) {
    const std::uint64_t octets = sending.stream.octets();
    tally_.octets += octets;
    ++(sending.stream.whole() ? tally_.retrieved : tally_.tops);
    if (sending.stream.whole()) maildrop_->sent(sending.message, octets);
  }
  product_ = std::monostate{};
  if (state == MessageStream::State::Broken) end();
}

bool Session::produce_listing(Listing& listing, std::string& out) const {
  const std::size_t enough = out.size() + kListingPiece;
  for (; listing.next < marked_.size(); ++listing.next) {
    if (out.size() >= enough) return true;
    if (!marked_[listing.next]) out += list_line(listing.what, listing.next) + "\r\n";
  }
  out += ".\r\n";
  return false;
}

void Session::ok(std::string_view text) {
  reply_ += "+OK ";
  reply_ += text;
  reply_ += "\r\n";
}

void Session::err(std::string_view text) {
  reply_ += "-ERR ";
  reply_ += text;
  reply_ += "\r\n";
}

void Session::end() {
  ended_ = true;
  lines_.clear();
}

void Session::answer(LoginOutcome outcome) {
  awaiting_ = Awaiting::Nothing;
  enter(std::move(outcome));
}

void Session::answer(const SaslStep& step) {
  awaiting_ = Awaiting::Nothing;
  take_step(step);
}

void Session::refuse_login(Refusal refusal) {
  if (awaiting_ == Awaiting::Step) return answer(SaslStep{SaslStep::Kind::Refused, "", refusal});
  answer(LoginOutcome{refusal});
}

void Session::offer(std::vector<Mechanism> mechanisms, bool plaintext_logins) {
  settings_.mechanisms = std::move(mechanisms);
  settings_.plaintext_logins = plaintext_logins;
}

void Session::enter(LoginOutcome outcome) {
  if (std::holds_alternative<Awaited>(outcome)) {
    awaiting_ = Awaiting::Login;
    return;
  }
  if (const Refusal* refusal = std::get_if<Refusal>(&outcome)) return refuse(*refusal);
  ok();
  enter_transaction(std::get<std::unique_ptr<Maildrop>>(std::move(outcome)));
}

// RFC 3206 section 5: without [AUTH] nobody takes it for a wrong password.
void Session::refuse(Refusal refusal) {
  switch (refusal) {
    case Refusal::HandedOver:
      return end();
    case Refusal::Malformed:
      return err("malformed response");
    case Refusal::NeedsTls:
      return err("no login without TLS");
    case Refusal::Later:
      return err("[SYS/TEMP] the maildrop cannot be opened now");
    case Refusal::Permanent:
      return err("[SYS/PERM] the maildrop cannot be opened");
    case Refusal::TooSoon:
      return err("[LOGIN-DELAY] too soon after the last login");
    case Refusal::InUse:
      return err("[IN-USE] another session has the maildrop");
    case Refusal::Credentials:
      err("[AUTH] wrong user name or password");
      delay_ = settings_.refusal_delay;
      if (++login_failures_ >= kMaxLoginFailures) end();
  }
}

/// Otherwise the answer has been given.
bool Session::may_log_in(bool plaintext) {
  if (settings_.tls || settings_.dialect == Dialect::Qmail) return true;
  if (!settings_.logins_need_tls && (!plaintext || settings_.plaintext_logins)) return true;
  err(settings_.logins_need_tls ? "no login without TLS" : "no plaintext login without TLS");
  return false;
}

void Session::start_sasl(const Mechanism& mechanism, const std::optional<std::string>& initial) {
  exchange_ = accounts_->begin_sasl(mechanism.name);
  if (!exchange_) return err("[SYS/TEMP] that mechanism cannot be used now");
  if (initial && exchange_->server_first()) {
    exchange_.reset();
    return err("that mechanism begins with a challenge");
  }
  if (initial || exchange_->server_first()) return step_sasl(initial.value_or(""));
  reply_ += "+ \r\n";  // RFC 5034 section 4: an empty challenge
}

// RFC 5034 section 4. Whatever fails leaves the session as if AUTH had not been sent.
void Session::answer_sasl(const CommandLine& line) {
  const std::optional<std::string> response =
      line.too_long ? std::nullopt : base64_decode(line.text);
  if (response) return step_sasl(*response);
  exchange_.reset();
  if (line.too_long) return err("line too long");
  err(line.text == "*" ? "cancelled" : "not base64");
}

void Session::step_sasl(std::string_view response) {
  take_step(exchange_->step(response));
}

void Session::take_step(const SaslStep& step) {
  if (step.kind == SaslStep::Kind::Awaited) {
    awaiting_ = Awaiting::Step;
    return;
  }
  if (step.kind == SaslStep::Kind::Challenge) {
    reply_ += "+ " + base64_encode(step.text) + "\r\n";
    return;
  }
  exchange_.reset();
  if (step.kind == SaslStep::Kind::Refused) return refuse(step.refusal);
  enter(accounts_->open(step.text));
}

void Session::enter_transaction(std::unique_ptr<Maildrop> maildrop) {
  maildrop_ = std::move(maildrop);
  logged_in_ = true;
  marked_.assign(maildrop_->count(), false);
}

std::optional<std::size_t> Session::find(std::string_view number) {
  const std::optional<std::uint64_t> value = ascii::parse_number(number);
  if (!value) {
    err("syntax error");
  } else if (*value == 0) {
    err("messages are counted from 1");
  } else if (*value > marked_.size()) {
    err("not that many messages");
  } else if (marked_[static_cast<std::size_t>(*value - 1)]) {
    err("already deleted");  // RFC 1939 section 5: any later reference is an error
  } else {
    return static_cast<std::size_t>(*value - 1);
  }
  return std::nullopt;
}

std::string Session::list_line(List what, std::size_t message) const {
  return std::to_string(message + 1) + ' ' +
         (what == List::Ids ? maildrop_->id(message) : std::to_string(maildrop_->octets(message)));
}

}  // namespace lbx::pop3d
