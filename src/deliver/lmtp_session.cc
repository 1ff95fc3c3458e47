// SPDX-License-Identifier: MIT
#include "deliver/lmtp_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/message/date.h"
#include "deliver/caller_lines.h"
#include "deliver/dsn.h"
#include "deliver/lmtp_commands.h"
#include "deliver/lmtp_reply.h"

namespace lbx::deliver {
namespace {

using wire::DataReceiver;
using wire::Reply;

/// Octets of replies that are held before nothing more is done until they are taken.
constexpr std::size_t kMaxHeldReplies = std::size_t{64} * 1024;
/// Of the digest in an attempt's name.
constexpr std::size_t kAttemptDigits = 32;

}  // namespace

LmtpSession::LmtpSession(System& system, Postmaster& postmaster, const LmtpSettings& settings,
                         LmtpPeer peer)
    : system_{system},
      postmaster_{postmaster},
      settings_{settings},
      peer_{std::move(peer)},
      alive_{std::make_shared<LmtpSession*>(this)} {
  reply({220, "", settings_.host_name + " LMTP Letterbox"});
}

LmtpSession::~LmtpSession() {
  *alive_ = nullptr;
}

void LmtpSession::input(std::string_view bytes) {
  in_.erase(0, read_);
  read_ = 0;
  in_ += bytes;
  advance();
}

void LmtpSession::output(std::string& out, std::size_t limit) {
  while (out.size() < limit && has_output()) {
    out += replies_.take_ready();
    advance();
  }
}

void LmtpSession::advance() {
  if (advancing_) return;  // an answer that came at once
  advancing_ = true;
  while (!ended_ && !tls_wanted_ && replies_.ready().size() < kMaxHeldReplies && step()) {
  }
  advancing_ = false;
}

/// False: nothing to do before there is more input, or an answer.
bool LmtpSession::step() {
  if (delivering_) return give_order();
  switch (mode_) {
    case Mode::Command:
    case Mode::DropLine:
      return take_command();
    case Mode::Data:
      return take_data();
    case Mode::Chunk:
    case Mode::DropChunk:
      return take_chunk();
  }
  return false;
}

bool LmtpSession::take_command() {
  const std::size_t end = pending().find('\n');
  if (end == std::string_view::npos) {
    if (mode_ == Mode::Command && pending().size() <= wire::kMaxCommandLine + 1) return false;
    mode_ = Mode::DropLine;  // whatever its rest says, it is no command
    read_ = in_.size();
    return false;
  }
  std::string_view line = pending().substr(0, end);
  const bool proper = line.ends_with('\r');
  if (proper) line.remove_suffix(1);
  const bool too_long = mode_ == Mode::DropLine || line.size() > wire::kMaxCommandLine;
  // Several RCPT may wait for their answers at once; everything else waits for those before it, and
  // so does a RCPT that may be one too many, as long as one before it may yet be refused.
  const bool may_overtake = !too_long && under_way_ < kMaxOrdersAtOnce && is_rcpt(line) &&
                            transaction_ && transaction_->taken < settings_.max_recipients;
  if (under_way_ > 0 && !may_overtake) return false;

  read_ += end + 1;
  mode_ = Mode::Command;
  if (too_long) {
    bad({500, "5.5.2", "Line too long"});
  } else if (!proper) {
    bad({500, "5.5.2", "Lines end with CR LF"});  // RFC 5321 section 2.3.8
  } else {
    run(line);
  }
  return true;
}

void LmtpSession::run(std::string_view line) {
  if (++commands_ > kMaxCommandsWithoutMail) {
    return hang_up({421, "4.7.0", "Too many commands without a message"});
  }
  LmtpCommands::run(*this, line);
}

bool LmtpSession::take_data() {
  if (pending().empty()) return false;
  std::string message;
  read_ += transaction_->receiver->feed(pending(), message);
  keep(message);
  if (transaction_->receiver->done()) {
    mode_ = Mode::Command;
    message_ended();
  }
  return true;
}

bool LmtpSession::take_chunk() {
  const auto room = std::min<std::uint64_t>(chunk_left_, pending().size());
  if (room == 0 && chunk_left_ > 0) return false;
  const std::string_view bytes = pending().substr(0, static_cast<std::size_t>(room));
  const bool wanted = mode_ == Mode::Chunk;
  if (wanted && !bytes.empty()) {
    std::string message;
    transaction_->receiver->feed(bytes, message);
    keep(message);
  }
  read_ += bytes.size();
  chunk_left_ -= room;
  if (chunk_left_ > 0) return true;

  mode_ = Mode::Command;
  if (!wanted) {
    bad({503, "5.5.1", "BDAT needs a recipient"});
  } else if (chunk_is_last_) {
    message_ended();
  } else {  // RFC 3030 section 2: a failure is told at once, and again until RSET
    reply(transaction_->failure.value_or(Reply{250, "2.0.0", "Chunk taken"}));
  }
  return true;
}

void LmtpSession::reply(const Reply& what) {
  replies_.add(wire::to_line(what));
}

void LmtpSession::bad(const Reply& what) {
  reply(what);
  if (++bad_commands_ > kMaxBadCommands) hang_up({421, "4.7.0", "Too many errors"});
}

void LmtpSession::hang_up(const Reply& why) {
  reply(why);
  ended_ = true;
}

void LmtpSession::ask(const Order& order, std::shared_ptr<const UniqueFd> message,
                      std::function<void(const Answer&)> then) {
  ++under_way_;
  postmaster_.ask(order, std::move(message),
                  [alive = alive_, then = std::move(then)](const Answer& answer) {
                    LmtpSession* const self = *alive;
                    if (self == nullptr) return;
                    --self->under_way_;
                    then(answer);
                    if (self->advancing_) return;
                    self->advance();
                    if (self->answered_) self->answered_();
                  });
}

void LmtpSession::add_recipient(const wire::RcptCommand& rcpt) {
  const std::uint64_t number = replies_.reserve();
  const std::size_t index = transaction_->recipients.size();
  transaction_->recipients.push_back({rcpt, false});
  ++transaction_->taken;
  const Order order{Order::Kind::Verdict,
                    rcpt.recipient.local,
                    rcpt.recipient.domain,
                    transaction_->mail.sender.plain(),
                    transaction_->mail.size.value_or(0),
                    ""};
  ask(order, nullptr,
      [this, index, number](const Answer& answer) { recipient_known(index, number, answer); });
}

void LmtpSession::recipient_known(std::size_t index, std::uint64_t number, const Answer& answer) {
  if (answer.verdict == Verdict::Done) {
    transaction_->recipients[index].accepted = true;
    return replies_.fill(number, {250, "2.1.5", "OK"});
  }
  --transaction_->taken;
  replies_.fill(number, reply_of(answer));
  if (++refused_ > kMaxRefusedRecipients) hang_up({421, "4.7.0", "Too many bad recipients"});
}

void LmtpSession::begin_message(DataReceiver::Framing framing) {
  transaction_->receiver.emplace(framing);
  transaction_->spool.emplace(
      system_, [this](const std::string& head) { return head_of(head); },
      SpoolLimits{settings_.memory, SpoolLimits{}.total});
  if (ident_.empty()) return;
  transaction_->digest.emplace().add(transaction_->mail.sender.plain() + '\n');
}

void LmtpSession::keep(std::string_view bytes) {
  LmtpTransaction& now = *transaction_;
  if (now.failure) return;
  now.octets.add(bytes);
  if (now.digest) now.digest->add(bytes);
  if (settings_.max_octets > 0 && now.octets.on_wire() > settings_.max_octets) {
    now.failure = Reply{552, "5.3.4", "Message too big"};
  } else if (!now.spool->write(bytes)) {
    now.failure = Reply{452, "4.3.1", "No room for the message"};
  }
  if (now.failure) now.spool.reset();  // and what it has taken so far
}

void LmtpSession::message_ended() {
  LmtpTransaction& now = *transaction_;
  std::string rest;
  now.receiver->finish(rest);
  keep(rest);
  if (now.receiver->has_bare_line_end() && settings_.bare_line_ends == BareLineEnds::Reject) {
    now.failure = Reply{554, "5.6.0", "A line ends with CR or LF alone"};
  }
  for (std::size_t i = 0; i < now.recipients.size(); ++i) {
    if (now.recipients[i].accepted) now.accepted.push_back(i);
  }
  if (!now.failure) {
    Result<UniqueFd> message = std::move(*now.spool).finish();
    if (message) {
      now.message = std::make_shared<const UniqueFd>(std::move(message).value());
    } else {
      now.failure = Reply{452, "4.3.1", "No room for the message"};
    }
  }
  if (now.failure) {
    for (std::size_t i = 0; i < now.accepted.size(); ++i) reply(*now.failure);
    return end_transaction();
  }
  delivering_ = true;
  // The message too: some queues use their ids again.
  if (now.digest) now.attempt = ident_ + '/' + now.digest->hex().substr(0, kAttemptDigits);
  for (std::size_t i = 0; i < now.accepted.size(); ++i) {
    const std::uint64_t number = replies_.reserve();
    if (i == 0) now.first_reply = number;
  }
}

/// The next order of a message, or its end where all have been answered.
bool LmtpSession::give_order() {
  LmtpTransaction& now = *transaction_;
  if (now.ordered == now.accepted.size()) {
    if (under_way_ > 0) return false;
    end_transaction();
    return true;
  }
  if (under_way_ >= kMaxOrdersAtOnce) return false;

  const std::uint64_t number = now.first_reply + now.ordered;
  const LmtpRecipient& recipient = now.recipients[now.accepted[now.ordered]];
  const wire::Mailbox& to = recipient.said.recipient;
  std::shared_ptr<const UniqueFd> message = now.message;
  if (now.ordered++ > 0) {  // programs of several users must not share one file position
    Result<UniqueFd> again = reopen(system_.files, now.message->get());
    if (!again) {
      replies_.fill(number, {451, "4.3.0", "Unable to hand the message on"});
      return true;
    }
    message = std::make_shared<const UniqueFd>(std::move(again).value());
  }
  const Order order{Order::Kind::Deliver, to.local,    to.domain,        now.mail.sender.plain(),
                    now.octets.on_wire(), now.attempt, dsn_of(recipient)};
  ask(order, std::move(message),
      [this, number](const Answer& answer) { replies_.fill(number, reply_of(answer)); });
  return true;
}

/// What stands before the message when it is stored: our Received line (RFC 5321 section 4.4), not
/// what the client's delivery agent has put there for its own.
std::string LmtpSession::head_of(const std::string& head) {
  const LmtpTransaction& now = *transaction_;
  std::string delivered_to;
  if (now.taken == 1) {
    const auto only = std::ranges::find(now.recipients, true, &LmtpRecipient::accepted);
    delivered_to = "Delivered-To: " + only->said.recipient.plain();
  }
  return received_line() + without_caller_lines(head, delivered_to);
}

std::string LmtpSession::received_line() const {
  const LmtpTransaction& now = *transaction_;
  std::string line = "Received: from " + client_name_ + " (" + peer_.name + ")\n  by " +
                     settings_.host_name + " with " + (now.mail.utf8 ? "UTF8LMTP" : "LMTP") +
                     (tls_ ? "S" : "") + " id " + ascii::to_hex(system_.randomness.bits64(), 16);
  if (now.taken == 1 &&
      !now.mail.utf8) {  // never more than one: blind copies, RFC 5321 section 7.2
    const auto only = std::ranges::find(now.recipients, true, &LmtpRecipient::accepted);
    line += "\n  for <" + only->said.recipient.str() + '>';
  }
  return line + "; " + format_rfc822(system_.clock.now().seconds) + '\n';
}

/// What the sender wants to hear of the recipient's delivery; nothing where we have not offered to
/// tell: then the client does.
std::string LmtpSession::dsn_of(const LmtpRecipient& recipient) const {
  if (!settings_.dsn) return {};
  const wire::RcptCommand& rcpt = recipient.said;
  const wire::MailCommand& mail = transaction_->mail;
  return encode(DsnRequest{rcpt.recipient.plain(), rcpt.notify, mail.ret, rcpt.original_recipient,
                           mail.envelope_id, mail.utf8, system_.clock.now().seconds});
}

/// RFC 3207 section 4.2: both sides forget what was said before.
void LmtpSession::tls_started(const TlsInfo& info) {
  tls_wanted_ = false;
  tls_ = info;
  end_transaction();
  client_name_.clear();
  in_.clear();
  read_ = 0;
  mode_ = Mode::Command;
}

std::optional<Reply> LmtpSession::not_welcome() const {
  if (!peer_.needs_certificate) return std::nullopt;
  if (!tls_) return Reply{530, "5.7.0", "Say STARTTLS first"};  // RFC 3207 section 4
  const bool known = std::ranges::any_of(settings_.certificates, [this](const std::string& name) {
    return ascii::equal_fold(name, tls_->certificate);
  });
  if (known && !tls_->certificate.empty()) return std::nullopt;
  return Reply{550, "5.7.1", "A certificate is needed that may deliver here"};
}

void LmtpSession::end_transaction() {
  if (transaction_ && transaction_->message) commands_ = 0;
  transaction_.reset();
  delivering_ = false;
  ident_.clear();
}

}  // namespace lbx::deliver
