// SPDX-License-Identifier: MIT
// Every command of the server, one row each. To add one: its handler, its row, its test, its
// paragraph in letterbox-lmtpd(8).
#include "deliver/lmtp_commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "deliver/lmtp_session.h"

namespace lbx::deliver {

using wire::Reply;
using Framing = wire::DataReceiver::Framing;

bool is_rcpt(std::string_view line) {
  return wire::split_command(line).verb == "RCPT";
}

bool LmtpCommands::has_no_arguments(LmtpSession& session, std::string_view rest) {
  if (rest.empty()) return true;
  session.bad({501, "5.5.4", "No argument is allowed here"});
  return false;
}

void LmtpCommands::lhlo(LmtpSession& session, std::string_view rest) {
  if (!wire::is_client_name(rest)) return session.bad({501, "5.5.4", "Syntax: LHLO name"});
  session.end_transaction();  // RFC 5321 section 4.1.4
  session.client_name_ = rest;
  std::string text = "250-" + session.settings_.host_name +
                     "\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
                     "250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-XFORWARD IDENT\r\n";
  if (session.settings_.starttls && !session.tls_) text += "250-STARTTLS\r\n";
  if (session.settings_.dsn) text += "250-DSN\r\n";
  session.replies_.add(std::move(text));
  const std::uint64_t limit = session.settings_.max_octets;
  session.reply({250, "", limit > 0 ? "SIZE " + std::to_string(limit) : "SIZE"});
}

void LmtpCommands::other_greeting(LmtpSession& session, std::string_view) {
  session.bad({500, "5.5.1", "This is LMTP: say LHLO"});  // RFC 2033 section 4.1
}

void LmtpCommands::mail(LmtpSession& session, std::string_view rest) {
  if (session.client_name_.empty()) return session.bad({503, "5.5.1", "Say LHLO first"});
  if (session.transaction_) return session.bad({503, "5.5.1", "There is a sender already"});
  if (const auto no = session.not_welcome()) return session.bad(*no);
  wire::Parsed<wire::MailCommand> parsed = wire::parse_mail(rest);
  if (const Reply* wrong = std::get_if<Reply>(&parsed)) return session.bad(*wrong);
  auto& mail = std::get<wire::MailCommand>(parsed);
  const std::uint64_t limit = session.settings_.max_octets;
  if (limit > 0 && mail.size.value_or(0) > limit) {  // RFC 1870 section 6.1
    return session.reply({552, "5.3.4", "Message too big"});
  }
  Drain* const drain = session.settings_.drain;
  if (drain != nullptr && drain->draining()) {  // RFC 5321 section 3.8
    return session.hang_up({421, "4.3.2", "The service is ending"});
  }
  session.transaction_.emplace();
  session.transaction_->mail = std::move(mail);
  if (drain != nullptr) session.transaction_->turn.emplace(*drain);
  session.reply({250, "2.1.0", "OK"});
}

void LmtpCommands::rcpt(LmtpSession& session, std::string_view rest) {
  if (!session.transaction_) return session.bad({503, "5.5.1", "Say MAIL first"});
  LmtpTransaction& now = *session.transaction_;
  if (now.receiver) return session.bad({503, "5.5.1", "The message has begun"});
  if (now.taken >= session.settings_.max_recipients) {
    session.reply({452, "4.5.3", "Too many recipients"});  // RFC 5321 section 4.5.3.1.10
    if (++session.refused_ > kMaxRefusedRecipients) {
      session.hang_up({421, "4.7.0", "Too many bad recipients"});
    }
    return;
  }
  wire::Parsed<wire::RcptCommand> parsed = wire::parse_rcpt(rest, now.mail.utf8);
  if (const Reply* wrong = std::get_if<Reply>(&parsed)) return session.bad(*wrong);
  session.add_recipient(std::get<wire::RcptCommand>(parsed));
}

void LmtpCommands::data(LmtpSession& session, std::string_view rest) {
  if (!has_no_arguments(session, rest)) return;
  if (!session.transaction_ || session.transaction_->taken == 0) {
    return session.bad({503, "5.5.1", "No recipient"});  // RFC 2033 section 4.2
  }
  if (session.transaction_->receiver) return session.bad({503, "5.5.1", "Go on with BDAT"});
  session.begin_message(Framing::Dots);
  session.mode_ = LmtpSession::Mode::Data;
  session.reply({354, "", "Go ahead"});
}

void LmtpCommands::bdat(LmtpSession& session, std::string_view rest) {
  const wire::Parsed<wire::ChunkCommand> parsed = wire::parse_bdat(rest);
  if (const Reply* wrong = std::get_if<Reply>(&parsed)) {
    // Where the chunk ends nobody knows, and what is in it must not be taken for commands.
    return session.hang_up(*wrong);
  }
  const auto& chunk = std::get<wire::ChunkCommand>(parsed);
  session.chunk_left_ = chunk.octets;
  session.chunk_is_last_ = chunk.last;
  const bool welcome = session.transaction_ && session.transaction_->taken > 0;
  session.mode_ = welcome ? LmtpSession::Mode::Chunk : LmtpSession::Mode::DropChunk;
  if (welcome && !session.transaction_->receiver) session.begin_message(Framing::Chunks);
}

void LmtpCommands::rset(LmtpSession& session, std::string_view rest) {
  if (!has_no_arguments(session, rest)) return;
  session.end_transaction();
  session.reply({250, "2.0.0", "OK"});
}

void LmtpCommands::noop(LmtpSession& session, std::string_view) {
  session.reply({250, "2.0.0", "OK"});
}

void LmtpCommands::vrfy(LmtpSession& session, std::string_view rest) {
  if (rest.empty()) return session.bad({501, "5.5.4", "Syntax: VRFY address"});
  session.reply({252, "2.0.0", "Try RCPT"});  // RFC 5321 section 3.5.3
}

void LmtpCommands::help(LmtpSession& session, std::string_view) {
  session.reply({214, "2.0.0", "See letterbox-lmtpd(8)"});
}

void LmtpCommands::quit(LmtpSession& session, std::string_view rest) {
  if (!has_no_arguments(session, rest)) return;
  session.hang_up({221, "2.0.0", "Bye"});
}

void LmtpCommands::starttls(LmtpSession& session, std::string_view rest) {
  if (!has_no_arguments(session, rest)) return;
  if (!session.settings_.starttls) return session.bad({502, "5.5.1", "There is no TLS here"});
  if (session.tls_) return session.bad({503, "5.5.1", "TLS is on already"});
  session.reply({220, "2.0.0", "Go ahead"});
  session.tls_wanted_ = true;
}

/// Postfix's XFORWARD: IDENT is the client's name for the message, the same at every attempt.
void LmtpCommands::xforward(LmtpSession& session, std::string_view rest) {
  if (session.transaction_) return session.bad({503, "5.5.1", "Not within a transaction"});
  std::string ident = session.ident_;
  for (const std::string_view word : ascii::split(rest, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      return session.bad({501, "5.5.4", "Syntax: XFORWARD name=value"});
    }
    if (!ascii::equal_fold(word.substr(0, equals), "IDENT")) continue;
    const auto value = wire::decode_xtext(word.substr(equals + 1));
    const bool printable = value && std::ranges::all_of(*value, ascii::is_graph);
    if (!printable || value->size() > kMaxIdent) {
      return session.bad({501, "5.5.4", "Bad IDENT"});
    }
    ident = *value == "[UNAVAILABLE]" ? "" : *value;
  }
  session.ident_ = ident;
  session.reply({250, "2.0.0", "OK"});
}

void LmtpCommands::run(LmtpSession& session, std::string_view line) {
  struct Command {
    std::string_view verb;
    void (*run)(LmtpSession&, std::string_view);
  };
  static constexpr std::array kCommands{
      Command{"BDAT", &bdat},            // RFC 3030
      Command{"DATA", &data},            // RFC 2033 section 4.2
      Command{"EHLO", &other_greeting},  // RFC 2033 section 4.1
      Command{"HELO", &other_greeting},  // RFC 2033 section 4.1
      Command{"HELP", &help},            // RFC 5321 section 4.1.1.8
      Command{"LHLO", &lhlo},            // RFC 2033 section 4.1
      Command{"MAIL", &mail},            // RFC 5321 section 4.1.1.2
      Command{"NOOP", &noop},            // RFC 5321 section 4.1.1.9
      Command{"QUIT", &quit},            // RFC 5321 section 4.1.1.10
      Command{"RCPT", &rcpt},            // RFC 5321 section 4.1.1.3
      Command{"RSET", &rset},            // RFC 5321 section 4.1.1.5
      Command{"STARTTLS", &starttls},    // RFC 3207
      Command{"VRFY", &vrfy},            // RFC 5321 section 4.1.1.6
      Command{"XFORWARD", &xforward},    // Postfix's XFORWARD_README
  };
  static_assert(std::ranges::is_sorted(kCommands, {}, &Command::verb), "keep the rows in order");

  const wire::CommandWords words = wire::split_command(line);
  const auto* const command = std::ranges::find(kCommands, words.verb, &Command::verb);
  if (command == kCommands.end()) return session.bad({500, "5.5.2", "No such command"});
  command->run(session, words.rest);
}

}  // namespace lbx::deliver
