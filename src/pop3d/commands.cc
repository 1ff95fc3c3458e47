// SPDX-License-Identifier: MIT
// Every command of the server, one row each. To add one: its handler, its row, its dialog under
// tests/scenario/dialogs/pop3d/, its paragraph in letterbox-pop3d(8).
#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <numeric>

#include "core/base/ascii.h"
#include "core/base/base64.h"
#include "core/base/utf8.h"
#include "pop3d/session.h"

namespace lbx::pop3d {

namespace {

struct Args {
  std::string_view rest;                // all behind the command and one blank, as it is
  std::vector<std::string_view> words;  // the same cut at blanks, none of them empty
};

Args split_args(std::string_view rest) {
  Args args{rest, ascii::split(rest, ' ')};
  std::erase_if(args.words, [](std::string_view word) { return word.empty(); });
  return args;
}

std::string_view skip_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

/// Ours: not in qmail's dialect.
enum States : unsigned { Authorization = 1, Transaction = 2, Both = 3, Ours = 4 };

constexpr std::size_t kHeaderPiece = 4096;

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

}  // namespace

struct Commands {
  struct Row {
    std::string_view verb;
    unsigned states;
    std::size_t min_args;
    std::size_t max_args;
    void (*run)(Session&, const Args&);
  };
  static const Row* find(std::string_view verb, unsigned state, Dialect dialect);

  // RFC 1939 section 7. The timestamp is the driver's, and so is the check.
  static void apop(Session& session, const Args& args) {
    const std::string_view rest = skip_blanks(args.rest);
    const std::size_t blank = rest.find(' ');
    if (!session.settings_.offer_apop) return session.err("unimplemented");
    if (blank == rest.npos || blank + 1 == rest.size()) return session.err("syntax error");
    session.user_.reset();
    session.enter(session.accounts_->log_in(
        {std::string{rest.substr(0, blank)}, std::string{rest.substr(blank + 1)}, true}));
  }

  static bool usable(const Session& session, const Mechanism& mechanism) {
    const Settings& settings = session.settings_;
    if (settings.tls) return true;
    return !settings.logins_need_tls && (settings.plaintext_logins || !mechanism.plaintext);
  }

  // RFC 5034. Without argument (RFC 1734's clients): the mechanisms.
  static void auth(Session& session, const Args& args) {
    const std::vector<Mechanism>& known = session.settings_.mechanisms;
    if (args.words.empty()) {
      session.ok();
      for (const Mechanism& each : known) {
        if (usable(session, each)) session.reply_ += each.name + "\r\n";
      }
      session.reply_ += ".\r\n";
      return;
    }
    const auto mechanism = std::ranges::find_if(
        known, [&](const Mechanism& each) { return ascii::equal_fold(each.name, args.words[0]); });
    if (mechanism == known.end()) return session.err("unknown mechanism");
    if (!session.may_log_in(mechanism->plaintext)) return;
    std::optional<std::string> initial;
    if (args.words.size() > 1) {
      initial = args.words[1] == "=" ? "" : base64_decode(args.words[1]);
      if (!initial) return session.err("not base64");
    }
    session.start_sasl(*mechanism, initial);
  }

  // RFC 2449 section 5: the same list in both states. Nothing is announced that is not so.
  static void capa(Session& session, const Args&) {
    session.ok();
    if (session.settings_.dialect == Dialect::Qmail) {
      session.reply_ += "TOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nEXPIRE NEVER\r\n";
    } else {
      session.reply_ += capabilities(session);
    }
    session.reply_ += "IMPLEMENTATION Letterbox\r\n.\r\n";
  }

  static std::string capabilities(const Session& session) {
    const Settings& settings = session.settings_;
    std::string list = "TOP\r\nUIDL\r\n";
    if (usable(session, {"", true})) list += "USER\r\n";
    std::string sasl;
    for (const Mechanism& each : settings.mechanisms) {
      if (usable(session, each)) sasl += ' ' + each.name;
    }
    if (!sasl.empty()) list += "SASL" + sasl + "\r\n";
    list += "PIPELINING\r\n";
    list += settings.expire_days ? "EXPIRE " + std::to_string(*settings.expire_days) + "\r\n"
                                 : std::string{"EXPIRE NEVER\r\n"};
    list += "RESP-CODES\r\nAUTH-RESP-CODE\r\n";  // RFC 2449 section 6.4, RFC 3206
    if (settings.login_delay.count() > 0) {
      list += "LOGIN-DELAY " + std::to_string(settings.login_delay.count()) + "\r\n";
    }
    if (settings.offer_stls && !settings.tls) list += "STLS\r\n";  // RFC 2595 section 4
    if (settings.utf8 != Utf8::Off) list += "UTF8\r\n";            // RFC 6856 section 2
    return list + "LANG\r\n";                                      // RFC 6856 section 3
  }

  static void dele(Session& session, const Args& args) {
    const std::optional<std::size_t> message = session.find(args.words[0]);
    if (!message) return;
    session.marked_[*message] = true;
    session.last_ = std::max(session.last_, *message + 1);
    session.ok();
  }

  // RFC 6856 section 3. All our texts are English.
  static void lang(Session& session, const Args& args) {
    if (args.words.empty()) {
      session.ok("languages:");
      session.reply_ += "en English\r\n.\r\n";
    } else if (args.words[0] == "*" || ascii::equal_fold(args.words[0], "en") ||
               ascii::equal_fold(args.words[0], "i-default")) {
      session.ok("en English");
    } else {
      session.err("no such language");
    }
  }

  // RFC 1460: the highest number accessed. RFC 1939 has dropped it; old clients ask.
  static void last(Session& session, const Args&) { session.ok(std::to_string(session.last_)); }

  static void list_or(Session::List what, Session& session, const Args& args) {
    if (args.words.empty()) {
      session.ok();
      session.product_ = Session::Listing{what, 0};
    } else if (const std::optional<std::size_t> message = session.find(args.words[0])) {
      session.ok(session.list_line(what, *message));
    }
  }
  static void list(Session& session, const Args& args) {
    list_or(Session::List::Sizes, session, args);
  }
  static void uidl(Session& session, const Args& args) {
    list_or(Session::List::Ids, session, args);
  }

  // RFC 1939 section 5: in the TRANSACTION state. qmail-popup takes it before, too.
  static void noop(Session& session, const Args&) {
    const bool early = !session.maildrop_ && session.settings_.dialect == Dialect::Letterbox;
    early ? session.err("authorization first") : session.ok();
  }

  // The rest of the line is the password, with its blanks; a name without password is spent.
  static void pass(Session& session, const Args& args) {
    const bool qmail = session.settings_.dialect == Dialect::Qmail;
    const std::string_view secret = qmail ? skip_blanks(args.rest) : args.rest;
    if (!session.user_) return session.err("USER first");
    if (secret.empty()) return session.err("syntax error");
    const std::string user = *session.user_;
    session.user_.reset();
    if (!session.may_log_in(true)) return;
    if (session.utf8_ && !utf8::is_valid(secret)) return session.err("not UTF-8");
    session.enter(session.accounts_->log_in({user, std::string{secret}, false}));
  }

  // The only place where anything gets removed: RFC 1939 section 6. The answer comes last.
  static void quit(Session& session, const Args&) {
    session.end();
    if (!session.maildrop_) return session.ok();
    const auto marked =
        static_cast<std::size_t>(std::count(session.marked_.begin(), session.marked_.end(), true));
    const std::size_t left = session.maildrop_->update(session.marked_);
    session.maildrop_.reset();  // and any lock with it: a client may come back at once
    session.tally_.not_removed = left;
    session.tally_.removed = marked - left;
    if (left == 0) return session.ok();
    if (session.settings_.dialect == Dialect::Qmail) {
      session.err("unable to unlink all deleted messages");
      return session.ok();
    }
    session.err("[SYS/TEMP] " + std::to_string(left) + " of " + std::to_string(marked) +
                " messages not removed");
  }

  static void cannot_open(Session& session, const Error& error) {
    if (session.settings_.dialect == Dialect::Qmail) {
      return session.err("unable to open that message");
    }
    const bool gone = error.os_error == ENOENT || error.os_error == ESTALE;
    session.err(gone ? "somebody else has removed that message"
                     : "[SYS/TEMP] that message cannot be read now");
  }

  // RFC 6856 section 2.1. The header, since 8-bit octets in a body are no matter of UTF8.
  static Result<bool> has_raw_header(OpenMessage& message) {
    std::string buffer(kHeaderPiece, '\0');
    TopCutter header{0, Dialect::Letterbox};
    while (!header.done()) {
      const std::size_t got = LBX_TRY(message.read(buffer.data(), buffer.size()));
      if (got == 0) break;
      const std::string_view piece = header.cut({buffer.data(), got});
      if (std::ranges::any_of(piece, [](char c) { return (c & 0x80) != 0; })) return true;
    }
    return false;
  }

  /// False: the answer has been given.
  static bool may_send(Session& session, std::size_t message) {
    if (session.settings_.utf8 != Utf8::Strict || session.utf8_) return true;
    const Result<std::unique_ptr<OpenMessage>> opened = session.maildrop_->open(message);
    if (!opened) return true;  // send() says so
    const Result<bool> raw = has_raw_header(**opened);
    if (!raw) cannot_open(session, raw.error());
    if (raw && *raw) session.err("[UTF8] that message needs UTF-8 mode");
    return raw && !*raw;
  }

  static void send(Session& session, std::size_t message, std::optional<std::uint64_t> lines) {
    if (!may_send(session, message)) return;
    Result<std::unique_ptr<OpenMessage>> opened = session.maildrop_->open(message);
    if (!opened) return cannot_open(session, opened.error());
    session.ok();
    MessageStream stream = lines ? MessageStream{std::move(opened).value(),
                                                 TopCutter{*lines, session.settings_.dialect}}
                                 : MessageStream{std::move(opened).value()};
    session.product_ = Session::Sending{std::move(stream), message};
  }

  static void retr(Session& session, const Args& args) {
    const std::optional<std::size_t> message = session.find(args.words[0]);
    if (!message) return;
    session.last_ = std::max(session.last_, *message + 1);
    send(session, *message, std::nullopt);
  }

  static void rset(Session& session, const Args&) {
    session.marked_.assign(session.marked_.size(), false);
    session.last_ = 0;
    session.ok();
  }

  // RFC 1939 section 5: deleted messages count in neither total.
  static void stat(Session& session, const Args&) {
    std::size_t count = 0;
    std::uint64_t octets = 0;
    for (std::size_t message = 0; message < session.marked_.size(); ++message) {
      if (session.marked_[message]) continue;
      ++count;
      octets += session.maildrop_->octets(message);
    }
    session.ok(std::to_string(count) + ' ' + std::to_string(octets));
  }

  static void top(Session& session, const Args& args) {
    std::optional<std::uint64_t> lines;
    if (args.words.size() > 1) {
      lines = ascii::parse_number(args.words[1]);
      if (!lines) return session.err("syntax error");
    } else if (session.settings_.dialect != Dialect::Qmail) {
      return session.err("syntax error");
    }
    const std::optional<std::size_t> message = session.find(args.words[0]);
    if (message) send(session, *message, lines);
  }

  // RFC 2595 section 4. Whatever the client has sent behind it came without TLS: it is gone.
  static void stls(Session& session, const Args&) {
    if (!session.settings_.offer_stls || session.settings_.tls) {
      return session.err(session.settings_.tls ? "TLS has begun already" : "unimplemented");
    }
    session.ok("begin TLS");
    session.wants_tls_ = true;
    session.lines_.clear();
  }

  // An unknown name is answered like a known one.
  static void user(Session& session, const Args& args) {
    const std::string_view name = skip_blanks(args.rest);
    if (name.empty()) return session.err("syntax error");
    if (!session.may_log_in(true)) return;
    if (session.utf8_ && !utf8::is_valid(name)) return session.err("not UTF-8");
    session.user_ = std::string{name};
    session.ok();
  }

  // RFC 6856 section 2. Outlook sends it after the login, where it does no harm.
  static void utf8_mode(Session& session, const Args&) {
    if (session.settings_.utf8 == Utf8::Off) return session.err("unimplemented");
    session.utf8_ = true;
    session.ok();
  }
};

namespace {

constexpr std::array kCommands{
    Commands::Row{"APOP", Authorization, 0, kAny, &Commands::apop},      // RFC 1939 section 7
    Commands::Row{"AUTH", Authorization | Ours, 0, 2, &Commands::auth},  // RFC 5034 section 4
    Commands::Row{"CAPA", Both, 0, 0, &Commands::capa},                  // RFC 2449 section 5
    Commands::Row{"DELE", Transaction, 1, 1, &Commands::dele},           // RFC 1939 section 5
    Commands::Row{"LANG", Both | Ours, 0, 1, &Commands::lang},           // RFC 6856 section 3
    Commands::Row{"LAST", Transaction, 0, 0, &Commands::last},           // RFC 1460
    Commands::Row{"LIST", Transaction, 0, 1, &Commands::list},           // RFC 1939 section 5
    Commands::Row{"NOOP", Both, 0, 0, &Commands::noop},                  // RFC 1939 section 5
    Commands::Row{"PASS", Authorization, 0, kAny, &Commands::pass},      // RFC 1939 section 7
    Commands::Row{"QUIT", Both, 0, 0, &Commands::quit},                  // RFC 1939 sections 4, 6
    Commands::Row{"RETR", Transaction, 1, 1, &Commands::retr},           // RFC 1939 section 5
    Commands::Row{"RSET", Transaction, 0, 0, &Commands::rset},           // RFC 1939 section 5
    Commands::Row{"STAT", Transaction, 0, 0, &Commands::stat},           // RFC 1939 section 5
    Commands::Row{"STLS", Authorization | Ours, 0, 0, &Commands::stls},  // RFC 2595 section 4
    Commands::Row{"TOP", Transaction, 1, 2, &Commands::top},             // RFC 1939 section 7
    Commands::Row{"UIDL", Transaction, 0, 1, &Commands::uidl},           // RFC 1939 section 7
    Commands::Row{"USER", Authorization, 0, kAny, &Commands::user},      // RFC 1939 section 7
    Commands::Row{"UTF8", Both | Ours, 0, 0, &Commands::utf8_mode},      // RFC 6856 section 2
};
static_assert(std::ranges::is_sorted(kCommands, {}, &Commands::Row::verb), "keep them in order");

}  // namespace

const Commands::Row* Commands::find(std::string_view verb, unsigned state, Dialect dialect) {
  for (const Row& row : kCommands) {
    if ((row.states & Ours) != 0 && dialect == Dialect::Qmail) continue;
    if ((row.states & state) != 0 && ascii::equal_fold(row.verb, verb)) return &row;
  }
  return nullptr;
}

void Session::answer(const CommandLine& line) {
  if (line.too_long) return err("line too long");
  if (line.text.find('\0') != line.text.npos) return err("syntax error");
  const std::string_view text{line.text};
  const std::size_t blank = std::min(text.find(' '), text.size());
  const unsigned state = maildrop_ ? Transaction : Authorization;

  const Commands::Row* command = Commands::find(text.substr(0, blank), state, settings_.dialect);
  if (command == nullptr) return err(maildrop_ ? "unimplemented" : "authorization first");
  Args args = split_args(text.substr(std::min(blank + 1, text.size())));
  const bool superfluous = args.words.size() > command->max_args;
  if (args.words.size() < command->min_args ||
      (superfluous && settings_.dialect == Dialect::Letterbox)) {
    return err("syntax error");
  }
  command->run(*this, args);
}

}  // namespace lbx::pop3d
