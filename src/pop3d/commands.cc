// SPDX-License-Identifier: MIT
// Every command of the server, one row each. To add one: its handler, its row, its dialog under
// tests/scenario/dialogs/pop3d/, its paragraph in letterbox-pop3d(8).
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

#include "core/base/ascii.h"
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

enum States : unsigned { Authorization = 1, Transaction = 2, Both = 3 };

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
  static const Row* find(std::string_view verb, unsigned state);

  // RFC 1939 section 7. The timestamp is the driver's, and so is the check.
  static void apop(Session& session, const Args& args) {
    const std::string_view rest = skip_blanks(args.rest);
    const std::size_t blank = rest.find(' ');
    if (!session.settings_.offer_apop) return session.err("unimplemented");
    if (blank == rest.npos || blank + 1 == rest.size()) return session.err("syntax error");
    session.user_.reset();
    session.log_in({std::string{rest.substr(0, blank)}, std::string{rest.substr(blank + 1)}, true});
  }

  // RFC 2449 section 5: the same list in both states. Nothing is announced that is not so.
  static void capa(Session& session, const Args&) {
    session.ok();
    session.reply_ += "TOP\r\nUIDL\r\nUSER\r\nPIPELINING\r\nEXPIRE NEVER\r\n";
    if (session.settings_.dialect == Dialect::Letterbox) {
      session.reply_ += "RESP-CODES\r\nAUTH-RESP-CODE\r\n";  // RFC 2449 section 6.4, RFC 3206
    }
    session.reply_ += "IMPLEMENTATION Letterbox\r\n.\r\n";
  }

  static void dele(Session& session, const Args& args) {
    const std::optional<std::size_t> message = session.find(args.words[0]);
    if (!message) return;
    session.marked_[*message] = true;
    session.last_ = std::max(session.last_, *message + 1);
    session.ok();
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

  static void noop(Session& session, const Args&) { session.ok(); }

  // The rest of the line is the password, with its blanks; a name without password is spent.
  static void pass(Session& session, const Args& args) {
    const bool qmail = session.settings_.dialect == Dialect::Qmail;
    const std::string_view secret = qmail ? skip_blanks(args.rest) : args.rest;
    if (!session.user_) return session.err("USER first");
    if (secret.empty()) return session.err("syntax error");
    const std::string user = *session.user_;
    session.user_.reset();
    session.log_in({user, std::string{secret}, false});
  }

  // The only place where anything gets removed: RFC 1939 section 6. The answer comes last.
  static void quit(Session& session, const Args&) {
    session.end();
    if (!session.maildrop_) return session.ok();
    const std::size_t left = session.maildrop_->update(session.marked_);
    if (left == 0) return session.ok();
    if (session.settings_.dialect == Dialect::Qmail) {
      session.err("unable to unlink all deleted messages");
      return session.ok();
    }
    const auto marked = std::count(session.marked_.begin(), session.marked_.end(), true);
    session.err("[SYS/TEMP] " + std::to_string(left) + " of " + std::to_string(marked) +
                " messages not removed");
  }

  static void send(Session& session, std::size_t message, std::optional<std::uint64_t> lines) {
    Result<std::unique_ptr<OpenMessage>> opened = session.maildrop_->open(message);
    if (!opened) return session.err("unable to open that message");
    session.ok();
    if (!lines) {
      session.product_.emplace<MessageStream>(std::move(opened).value());
    } else {
      session.product_.emplace<MessageStream>(std::move(opened).value(),
                                              TopCutter{*lines, session.settings_.dialect});
    }
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

  // An unknown name is answered like a known one.
  static void user(Session& session, const Args& args) {
    const std::string_view name = skip_blanks(args.rest);
    if (name.empty()) return session.err("syntax error");
    session.user_ = std::string{name};
    session.ok();
  }
};

namespace {

constexpr std::array kCommands{
    Commands::Row{"APOP", Authorization, 0, kAny, &Commands::apop},  // RFC 1939 section 7
    Commands::Row{"CAPA", Both, 0, 0, &Commands::capa},              // RFC 2449 section 5
    Commands::Row{"DELE", Transaction, 1, 1, &Commands::dele},       // RFC 1939 section 5
    Commands::Row{"LAST", Transaction, 0, 0, &Commands::last},       // RFC 1460
    Commands::Row{"LIST", Transaction, 0, 1, &Commands::list},       // RFC 1939 section 5
    Commands::Row{"NOOP", Both, 0, 0, &Commands::noop},              // RFC 1939 section 5
    Commands::Row{"PASS", Authorization, 0, kAny, &Commands::pass},  // RFC 1939 section 7
    Commands::Row{"QUIT", Both, 0, 0, &Commands::quit},              // RFC 1939 sections 4, 6
    Commands::Row{"RETR", Transaction, 1, 1, &Commands::retr},       // RFC 1939 section 5
    Commands::Row{"RSET", Transaction, 0, 0, &Commands::rset},       // RFC 1939 section 5
    Commands::Row{"STAT", Transaction, 0, 0, &Commands::stat},       // RFC 1939 section 5
    Commands::Row{"TOP", Transaction, 1, 2, &Commands::top},         // RFC 1939 section 7
    Commands::Row{"UIDL", Transaction, 0, 1, &Commands::uidl},       // RFC 1939 section 7
    Commands::Row{"USER", Authorization, 0, kAny, &Commands::user},  // RFC 1939 section 7
};
static_assert(std::ranges::is_sorted(kCommands, {}, &Commands::Row::verb), "keep them in order");

}  // namespace

const Commands::Row* Commands::find(std::string_view verb, unsigned state) {
  for (const Row& row : kCommands) {
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

  const Commands::Row* command = Commands::find(text.substr(0, blank), state);
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
