// SPDX-License-Identifier: MIT
// One POP3 session (RFC 1939, 2449, 2595, 3206, 5034, 6856) as a state machine: bytes in, bytes
// out. It promises:
//   - the same answers however the input is cut, each command in its turn (PIPELINING);
//   - nothing is removed but by a QUIT whose turn has come, and +OK to it means removed;
//   - what it keeps in memory does not grow with a message or with a listing;
//   - no answer holds anything that the client sent;
//   - what the client sent before TLS began is forgotten: RFC 2595 section 4, CVE-2011-0411.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/wire/conversation.h"
#include "pop3d/accounts.h"
#include "pop3d/dialect.h"
#include "pop3d/line_reader.h"
#include "pop3d/maildrop.h"
#include "pop3d/message_stream.h"
#include "pop3d/sasl.h"

namespace lbx::pop3d {

/// Refused logins after which a session is over.
inline constexpr unsigned kMaxLoginFailures = 5;
/// How long the answer to a refused login is held back.
inline constexpr std::chrono::milliseconds kRefusalDelay{1000};

/// A SASL mechanism on offer.
struct Mechanism {
  std::string name;       // in upper case
  bool plaintext{false};  // who listens learns the password
};

/// RFC 6856: what UTF8 means to a server that stores messages as they came.
enum class Utf8 {
  Off,       // not announced
  AsStored,  // announced; messages are sent as they are stored in either mode
  Strict,    // a message with raw octets in its header is refused outside of UTF-8 mode: [UTF8]
};

struct Settings {
  Dialect dialect{Dialect::Letterbox};
  std::string greeting;    // what stands behind "+OK " in the first line
  bool offer_apop{false};  // then the greeting must hold a timestamp
  std::chrono::seconds login_limit{120};
  std::chrono::seconds idle_limit{1200};  // RFC 1939 section 3: at least ten minutes
  /// How long the answer to a refused login is held back; 0 where the accounts do so.
  std::chrono::milliseconds refusal_delay{kRefusalDelay};

  // In Letterbox's dialect only:
  std::vector<Mechanism> mechanisms;
  bool offer_xclient{false};            // a proxy that may say for whom it speaks
  bool offer_stls{false};               // the driver can begin TLS
  bool tls{false};                      // it has begun
  bool plaintext_logins{true};          // without TLS too: USER, PASS and plaintext mechanisms
  bool logins_need_tls{false};          // every login does
  std::optional<unsigned> expire_days;  // none: EXPIRE NEVER
  std::chrono::seconds login_delay{0};  // to announce; who enforces it says Refusal::TooSoon
  Utf8 utf8{Utf8::AsStored};
};

/// What a session has done, for a line in the log.
struct Tally {
  std::uint64_t retrieved{0};  // messages sent whole
  std::uint64_t tops{0};
  std::uint64_t octets{0};  // of both, as LIST counts
  std::uint64_t removed{0};
  std::uint64_t not_removed{0};
  bool operator==(const Tally&) const = default;
};

class Session : public Conversation {
 public:
  /// Begins in the AUTHORIZATION state. `accounts` must outlive the session.
  Session(Settings settings, Accounts& accounts);
  /// Begins in the TRANSACTION state: somebody else has let the peer in.
  Session(Settings settings, std::unique_ptr<Maildrop> maildrop);

  void input(std::string_view bytes) override;
  bool has_output() const override;
  void output(std::string& out, std::size_t limit) override;
  bool ended() const override { return ended_; }
  std::chrono::seconds idle_limit() const override;
  std::chrono::milliseconds delay() const override { return delay_; }
  bool waiting() const override { return awaiting_ != Awaiting::Nothing; }

  /// STLS has been answered. Until TLS has begun all input is thrown away.
  bool wants_tls() const override { return wants_tls_; }
  /// The session is as new, but for the greeting.
  void tls_started(const TlsInfo& info) override;

  /// What log_in(), open() or a step has left for later.
  void answer(LoginOutcome outcome);
  void answer(const SaslStep& step);
  /// The login that is waited for, however it began, comes to nothing.
  void refuse_login(Refusal refusal);
  /// What may be offered has changed: Settings says what these are.
  void offer(std::vector<Mechanism> mechanisms, bool plaintext_logins);
  /// What has been fed and not had its turn, while waiting(): for whoever carries on elsewhere.
  std::string_view unread() const { return lines_.unread(); }

  bool logged_in() const { return logged_in_; }
  const Tally& tally() const { return tally_; }

 private:
  friend struct Commands;  // the table in commands.cc: what each command does

  enum class List { Sizes, Ids };
  enum class Awaiting { Nothing, Login, Step };
  struct Listing {
    List what;
    std::size_t next;
  };
  struct Sending {
    MessageStream stream;
    std::size_t message;
  };

  void answer(const CommandLine& line);
  bool producing() const { return !std::holds_alternative<std::monostate>(product_); }
  void produce(std::string& out);
  bool produce_listing(Listing& listing, std::string& out) const;
  void produce_message(Sending& sending, std::string& out);

  void ok(std::string_view text = "");
  void err(std::string_view text);
  void end();
  void enter(LoginOutcome outcome);
  void refuse(Refusal refusal);
  bool may_log_in(bool plaintext);
  void start_sasl(const Mechanism& mechanism, const std::optional<std::string>& initial);
  void take_step(const SaslStep& step);
  void answer_sasl(const CommandLine& line);
  void step_sasl(std::string_view response);
  LineReader::Expect expected() const {
    return exchange_ ? LineReader::Expect::SaslResponse : LineReader::Expect::Command;
  }
  void enter_transaction(std::unique_ptr<Maildrop> maildrop);
  /// The message of that number, from 0; without one, -ERR has been answered.
  std::optional<std::size_t> find(std::string_view number);
  std::string list_line(List what, std::size_t message) const;

  Settings settings_;
  Accounts* accounts_{nullptr};
  LineReader lines_;
  std::string reply_;  // not yet pulled
  std::variant<std::monostate, Listing, Sending> product_;
  bool ended_{false};
  std::chrono::milliseconds delay_{0};

  std::optional<std::string> user_;         // of a USER that PASS may follow
  std::unique_ptr<SaslExchange> exchange_;  // a response is what comes next
  Awaiting awaiting_{Awaiting::Nothing};
  unsigned login_failures_{0};
  bool wants_tls_{false};
  bool utf8_{false};  // the client has said UTF8

  std::unique_ptr<Maildrop> maildrop_;  // none: AUTHORIZATION state, or QUIT is done
  bool logged_in_{false};
  std::vector<bool> marked_;
  std::size_t last_{0};  // highest message number accessed, for LAST
  Tally tally_;
};

}  // namespace lbx::pop3d
