// SPDX-License-Identifier: MIT
// The server's side of LMTP (RFC 2033) with PIPELINING, SIZE, 8BITMIME, SMTPUTF8,
// ENHANCEDSTATUSCODES, CHUNKING, STARTTLS, DSN where settings say so, and XFORWARD IDENT. It
// promises:
//   - 250 after the data only for what the postmaster has said to be delivered, one reply for each
//     recipient, in their order, each as soon as it is known (section 4.2);
//   - a recipient is taken at RCPT only if the postmaster says that it is deliverable;
//   - a peer that may only deliver by its certificate names no sender before that is seen;
//   - fed byte by byte or at once it answers the same, and holds a bounded part of what a peer
//     sends, whatever that is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.h"
#include "core/base/system.h"
#include "core/message/line_endings.h"
#include "core/message/spool.h"
#include "core/wire/conversation.h"
#include "core/wire/smtp_command.h"
#include "core/wire/smtp_data.h"
#include "deliver/drain.h"
#include "deliver/order.h"
#include "deliver/reply_queue.h"

namespace lbx::deliver {

/// Commands in a row that make no sense before the peer is hung up on.
inline constexpr std::size_t kMaxBadCommands = 20;
/// Recipients that are refused in one session.
inline constexpr std::size_t kMaxRefusedRecipients = 10'000;
/// Commands without a message being sent.
inline constexpr std::size_t kMaxCommandsWithoutMail = 20'000;
/// Orders of one session that are under way at once.
inline constexpr std::size_t kMaxOrdersAtOnce = 20;
/// Octets of XFORWARD IDENT that are kept.
inline constexpr std::size_t kMaxIdent = 255;

enum class BareLineEnds { Reject, Normalize };

struct LmtpSettings {
  std::string host_name;        // how we name ourselves
  std::uint64_t max_octets{0};  // of a message; 0: no limit but the disk
  std::size_t max_recipients{1000};
  BareLineEnds bare_line_ends{BareLineEnds::Reject};
  std::chrono::seconds idle_limit{300};
  std::size_t memory{std::size_t{256} * 1024};  // octets of a message that are held in memory
  Drain* drain{nullptr};                        // asked before a message begins; nullptr: nobody
  bool starttls{false};                         // there is TLS to begin (RFC 3207)
  bool dsn{false};                              // we write notices of success (RFC 3461)
  std::vector<std::string> certificates{};      // names whose holders may deliver
};

/// Whom a session is with, as far as the connection tells.
struct LmtpPeer {
  std::string name;               // in Received, such as "[127.0.0.1]"
  bool needs_certificate{false};  // may deliver with one of LmtpSettings::certificates only
};

/// One recipient of a transaction.
struct LmtpRecipient {
  wire::RcptCommand said;
  bool accepted{false};
};

/// From MAIL to the last reply.
struct LmtpTransaction {
  wire::MailCommand mail;
  std::optional<Drain::Turn> turn;
  std::vector<LmtpRecipient> recipients;
  std::size_t taken{0};  // of them: accepted, or perhaps so
  // The message:
  std::optional<wire::DataReceiver> receiver;  // once DATA or BDAT has come
  std::optional<SpoolWriter> spool;
  OctetCounter octets;
  std::optional<wire::Reply> failure;  // why it cannot be taken
  std::optional<Sha256> digest;        // of the sender and all of it, for `attempt`
  std::string attempt;
  // Its delivery:
  std::shared_ptr<const UniqueFd> message;
  std::vector<std::size_t> accepted;  // of recipients, those to deliver to
  std::size_t ordered{0};             // for so many of `accepted` the order is given
  std::uint64_t first_reply{0};
};

class LmtpSession final : public Conversation {
 public:
  /// Everything handed in must outlive the session, but answers may come after it.
  LmtpSession(System& system, Postmaster& postmaster, const LmtpSettings& settings, LmtpPeer peer);
  LmtpSession(const LmtpSession&) = delete;
  LmtpSession& operator=(const LmtpSession&) = delete;
  ~LmtpSession() override;

  void input(std::string_view bytes) override;
  bool has_output() const override { return !replies_.ready().empty(); }
  void output(std::string& out, std::size_t limit) override;
  bool ended() const override { return ended_ && !replies_.awaits(); }
  bool waiting() const override { return under_way_ > 0; }
  void on_answer(std::function<void()> call) override { answered_ = std::move(call); }
  std::chrono::seconds idle_limit() const override { return settings_.idle_limit; }
  bool wants_tls() const override { return tls_wanted_; }
  void tls_started(const TlsInfo& info) override;

 private:
  friend struct LmtpCommands;
  enum class Mode { Command, DropLine, Data, Chunk, DropChunk };  // what the next octets are
  void advance();
  bool step();
  bool take_command();
  bool take_data();
  bool take_chunk();
  bool give_order();
  std::string_view pending() const { return std::string_view{in_}.substr(read_); }
  void run(std::string_view line);

  void reply(const wire::Reply& what);
  /// The same for a command that makes no sense; too many of them end the session.
  void bad(const wire::Reply& what);

  void ask(const Order& order, std::shared_ptr<const UniqueFd> message,
           std::function<void(const Answer&)> then);
  void add_recipient(const wire::RcptCommand& rcpt);
  void recipient_known(std::size_t index, std::uint64_t reply, const Answer& answer);

  void begin_message(wire::DataReceiver::Framing framing);
  void keep(std::string_view bytes);
  void message_ended();
  std::string head_of(const std::string& head);
  std::string received_line() const;
  std::string dsn_of(const LmtpRecipient& recipient) const;
  void end_transaction();
  void hang_up(const wire::Reply& why);
  /// Why the peer may not deliver, as long as that is so.
  std::optional<wire::Reply> not_welcome() const;

  System& system_;
  Postmaster& postmaster_;
  const LmtpSettings& settings_;
  LmtpPeer peer_;
  std::optional<TlsInfo> tls_;
  bool tls_wanted_{false};
  std::string client_name_;  // from LHLO
  std::string ident_;        // from XFORWARD

  std::string in_;
  std::size_t read_{0};  // octets at the front of in_ that are done with
  ReplyQueue replies_;
  std::size_t under_way_{0};
  bool delivering_{false};
  bool advancing_{false};
  bool ended_{false};

  Mode mode_{Mode::Command};
  std::uint64_t chunk_left_{0};
  bool chunk_is_last_{false};
  std::optional<LmtpTransaction> transaction_;
  std::size_t bad_commands_{0};
  std::size_t refused_{0};
  std::size_t commands_{0};

  std::function<void()> answered_;
  std::shared_ptr<LmtpSession*> alive_;  // what answers find us by, as long as there is us
};

}  // namespace lbx::deliver
