// SPDX-License-Identifier: MIT
// letterbox-authd: one loop over run/auth.sock. It promises:
//   - only the users it was told of are served, by the kernel's word;
//   - a front that does not read its answers, floods or talks nonsense hurts only itself;
//   - a slow source of accounts holds up no more than the threads it takes;
//   - every failure is answered after the same time, whatever was wrong (penalties.h);
//   - a flood of failures is a line a minute in the log for each place and mechanism.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "service/auth/authenticator.h"
#include "service/auth/penalties.h"
#include "service/auth/protocol.h"
#include "service/auth/worker_pool.h"
#include "service/rare_log.h"

namespace lbx::auth {

struct ServerLimits {
  std::size_t connections{64};     // of fronts
  std::size_t exchanges{256};      // of one front, at a time
  std::size_t unsent{512};         // replies that a front has not taken; then it is not read from
  std::chrono::seconds idle{120};  // for which an exchange may wait for its client
  std::size_t tickets{4096};       // that nobody has redeemed yet
  std::chrono::seconds ticket_age{60};
};

class AuthServer {
 public:
  /// `clients`: user ids that may connect.
  AuthServer(Authenticator& authenticator, Randomness& randomness, std::unique_ptr<WorkerPool> pool,
             Millis base_delay, std::vector<uid_t> clients, ServerLimits limits = {});

  /// Serves until `stop` is readable. `listener`: a SOCK_SEQPACKET socket, not blocking.
  Result<void> serve(int listener, int stop);

 private:
  struct Slot {
    std::shared_ptr<Exchange> exchange;
    bool busy;  // with a thread, or its reply is held back
    Time touched;
  };
  struct Front {
    UniqueFd socket;
    std::map<ExchangeId, Slot> slots;
    std::deque<std::string> unsent;
    bool broken{false};
  };
  struct Ticket {
    Account account;
    Time made;
  };
  struct Held {
    std::shared_ptr<Exchange> exchange;
    Reply reply;
  };

  std::vector<pollfd> watch_list(int listener, int stop) const;
  int timeout_ms(Time now) const;
  void accept_front(int listener);
  bool may_connect(int socket);
  void read_from(std::uint64_t connection, Front& front);
  void handle(std::uint64_t connection, Front& front, Request request);
  void start(std::uint64_t connection, Front& front, StartRequest request);
  void step(Front& front, StepRequest request);
  void run_job(Front& front, Slot& slot, std::optional<std::string> message);
  void finish(Done done);
  void log_end(const Exchange& exchange, const SaslStep& step);
  void log_rarely(std::string_view event, const std::string& key, const std::string& why);
  Slot* slot_of(const Exchange& exchange);
  void release_held(Time now);
  Reply redeem(const RedeemRequest& request);
  Reply with_ticket(SuccessReply success, Time now);
  void reply(std::uint64_t connection, const Reply& reply);
  void flush(Front& front);
  void sweep(Time now);

  Authenticator& authenticator_;
  Randomness& randomness_;
  Penalties penalties_;
  std::vector<uid_t> clients_;
  ServerLimits limits_;
  std::map<std::uint64_t, Front> fronts_;
  std::uint64_t last_connection_{0};
  std::multimap<Time, Held> held_;
  std::map<std::string, Ticket> tickets_;
  RareLog rare_log_;
  std::unique_ptr<WorkerPool> pool_;  // ends first: its threads use what stands above
};

/// A socket at `path`, which everybody may connect to: serve() looks at who did. One that a dead
/// server left is replaced; one that is answered is an error.
Result<UniqueFd> listen_at(const std::string& path);

}  // namespace lbx::auth
