// SPDX-License-Identifier: MIT
#include "pop3d/session.h"

#include <algorithm>
#include <utility>

#include "core/base/ascii.h"

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
  if (!ended_) lines_.feed(bytes);
}

bool Session::has_output() const {
  return !reply_.empty() || producing() || (!ended_ && lines_.ready());
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
    if (ended_ || delay_.count() > 0) break;
    const std::optional<CommandLine> line = lines_.next();
    if (!line) break;
    answer(*line);
  }
}

std::chrono::seconds Session::idle_limit() const {
  return maildrop_ ? settings_.idle_limit : settings_.login_limit;
}

void Session::produce(std::string& out) {
  if (Listing* listing = std::get_if<Listing>(&product_)) {
    if (!produce_listing(*listing, out)) product_ = std::monostate{};
    return;
  }
  const MessageStream::State state = std::get<MessageStream>(product_).produce(out);
  if (state == MessageStream::State::More) return;
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

void Session::log_in(const Credentials& credentials) {
  auto outcome = accounts_->log_in(credentials);
  if (auto* maildrop = std::get_if<std::unique_ptr<Maildrop>>(&outcome)) {
    ok();
    return enter_transaction(std::move(*maildrop));
  }
  switch (std::get<Refusal>(outcome)) {
    case Refusal::HandedOver:
      return end();
    case Refusal::Later:
      // RFC 3206 section 5: without [AUTH] nobody takes it for a wrong password.
      return err("[SYS/TEMP] the maildrop cannot be opened now");
    case Refusal::Credentials:
      err("[AUTH] wrong user name or password");
      delay_ = kRefusalDelay;
      if (++login_failures_ >= kMaxLoginFailures) end();
  }
}

void Session::enter_transaction(std::unique_ptr<Maildrop> maildrop) {
  maildrop_ = std::move(maildrop);
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
