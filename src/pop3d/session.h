// SPDX-License-Identifier: MIT
// One POP3 session (RFC 1939, 2449, 3206) as a state machine: bytes in, bytes out. It promises:
//   - the same answers however the input is cut, each command in its turn (PIPELINING);
//   - nothing is removed but by a QUIT whose turn has come, and +OK to it means removed;
//   - what it keeps in memory does not grow with a message or with a listing;
//   - no answer holds anything that the client sent.
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

namespace lbx::pop3d {

/// Refused logins after which a session is over.
inline constexpr unsigned kMaxLoginFailures = 5;
/// How long the answer to a refused login is held back.
inline constexpr std::chrono::milliseconds kRefusalDelay{1000};

struct Settings {
  Dialect dialect{Dialect::Letterbox};
  std::string greeting;    // what stands behind "+OK " in the first line
  bool offer_apop{false};  // then the greeting must hold a timestamp
  std::chrono::seconds login_limit{120};
  std::chrono::seconds idle_limit{1200};  // RFC 1939 section 3: at least ten minutes
};

class Session final : public Conversation {
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

 private:
  friend struct Commands;  // the table in commands.cc: what each command does

  enum class List { Sizes, Ids };
  struct Listing {
    List what;
    std::size_t next;
  };

  void answer(const CommandLine& line);
  bool producing() const { return !std::holds_alternative<std::monostate>(product_); }
  void produce(std::string& out);
  bool produce_listing(Listing& listing, std::string& out) const;

  void ok(std::string_view text = "");
  void err(std::string_view text);
  void end();
  void log_in(const Credentials& credentials);
  void enter_transaction(std::unique_ptr<Maildrop> maildrop);
  /// The message of that number, from 0; without one, -ERR has been answered.
  std::optional<std::size_t> find(std::string_view number);
  std::string list_line(List what, std::size_t message) const;

  Settings settings_;
  Accounts* accounts_{nullptr};
  LineReader lines_;
  std::string reply_;  // not yet pulled
  std::variant<std::monostate, Listing, MessageStream> product_;
  bool ended_{false};
  std::chrono::milliseconds delay_{0};

  std::optional<std::string> user_;  // of a USER that PASS may follow
  unsigned login_failures_{0};

  std::unique_ptr<Maildrop> maildrop_;  // none: AUTHORIZATION state
  std::vector<bool> marked_;
  std::size_t last_{0};  // highest message number accessed, for LAST
};

}  // namespace lbx::pop3d
