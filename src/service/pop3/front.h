// SPDX-License-Identifier: MIT
// The process that talks to clients before they have logged in, and carries their TLS afterwards.
// It has no rights and no files. It promises:
//   - who is let in is letterbox-authd's to say, and its ticket is all that the spawner gets;
//   - a session that ends, wherever, leaves nothing behind in letterbox-authd;
//   - what a client sends behind its login is answered in its turn by whoever serves the mailbox.
// One thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "pop3d/session.h"
#include "service/access.h"
#include "service/auth/auth_client.h"
#include "service/listener.h"
#include "service/pop3/handover.h"
#include "service/rare_log.h"
#include "service/tls.h"

namespace lbx::pop3 {

struct FrontSettings {
  pop3d::Settings session;
  bool tls{false};  // there is TLS: wait for what it is made from
  Networks proxies;
  Networks xclients;
};

/// How long it is believed what letterbox-authd offers.
inline constexpr std::chrono::seconds kOfferAge{5};

class FrontSession;

/// What the sessions of a front share.
class FrontDesk {
 public:
  using AuthHandler = std::function<void(const auth::Reply& reply)>;

  /// `spawner` is not owned. `settings` must outlive it.
  FrontDesk(const FrontSettings& settings, int spawner);

  const FrontSettings& settings() const { return settings_; }
  bool has_tls() const { return tls_ != nullptr; }
  std::shared_ptr<const TlsServer> tls() const { return tls_; }
  std::unique_ptr<Conversation> welcome(const Peer& peer);

  /// Waits for what TLS is made from, and to hear of letterbox-authd, before anybody is welcome.
  Result<void> wait_for_spawner();
  void use(ListenerLoop& loop);
  /// False: the spawner has gone.
  bool take_spawner_messages();

  // For the sessions:
  /// What is offered on such a connection; asks anew where that is old. Nothing where it is not
  /// known yet: when_offered().
  const std::vector<std::string>* offer(const auth::Connection& connection);
  void when_offered(FrontSession& session);
  /// The number of the question; nothing where nobody answers. `handler` gets each reply.
  std::optional<auth::ExchangeId> ask(const std::function<auth::Request(auth::ExchangeId)>& request,
                                      AuthHandler handler);
  bool go_on(auth::ExchangeId exchange, const std::string& bytes);
  void forget(auth::ExchangeId exchange, bool cancel);
  /// False: it could not be sent.
  bool hand_over(HandoverOrder order, int descriptor, FrontSession& session);
  void leave(FrontSession& session);
  RareLog& rare_log() { return rare_log_; }

 private:
  struct Offer {
    std::vector<std::string> names;
    std::chrono::steady_clock::time_point asked;
    bool known{false};
  };
  using OfferKey = std::tuple<bool, bool, bool, bool>;

  void take(const SpawnerMessage& message, UniqueFd descriptor);
  void take_report(const Report& report);
  void take_tls(UniqueFd file);
  void take_auth(UniqueFd socket);
  bool take_auth_replies();
  void auth_is_lost();
  void offers_have_come();

  const FrontSettings& settings_;
  int spawner_;
  ListenerLoop* loop_{nullptr};
  std::shared_ptr<const TlsServer> tls_;
  std::optional<auth::AuthClient> auth_;
  bool auth_known_{false};  // whether there is one
  std::map<auth::ExchangeId, AuthHandler> exchanges_;
  std::map<OfferKey, Offer> offers_;
  std::vector<FrontSession*> waiting_for_offer_;
  std::map<SessionNumber, FrontSession*> handed_over_;
  SessionNumber last_number_{0};
  RareLog rare_log_;
};

}  // namespace lbx::pop3
