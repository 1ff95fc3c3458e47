// SPDX-License-Identifier: MIT
// run/lookup.sock: "is this recipient deliverable?" (letterbox-lookup(5)). A client sends a
// datagram "ADDRESS" or "ADDRESS SIZE=n" and gets one back: "yes", "no D.S.N reason" or "later
// D.S.N reason". It promises: the answer is the postmaster's, who asks with the recipient's rights;
// a client has one question under way, and asks no more than so many in a second.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/epoll.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "deliver/order.h"

namespace lbx::deliver {

inline constexpr std::size_t kMaxOracleClients = 200;
inline constexpr std::size_t kMaxQuestionsPerSecond = 2000;  // of one client

/// The question in a datagram, or the answer to one that makes no sense.
struct Question {
  Order order;
  std::string refusal;  // empty: the order counts
};
Question parse_question(std::string_view text);
std::string oracle_answer(const Answer& answer);

class OracleDoor {
 public:
  /// `listening`: a SOCK_SEQPACKET socket. `may_ask`: whom it is open to.
  static Result<std::unique_ptr<OracleDoor>> open(UniqueFd listening, Postmaster& postmaster,
                                                  Clock& clock, std::function<bool(uid_t)> may_ask);
  OracleDoor(const OracleDoor&) = delete;
  OracleDoor& operator=(const OracleDoor&) = delete;
  ~OracleDoor();

  /// Readable when serve() has something to do.
  int descriptor() const { return epoll_.fd(); }
  void serve();

 private:
  struct Client {
    UniqueFd socket;
    bool asking{false};
    std::int64_t second{0};
    std::size_t questions{0};  // in that second
  };
  OracleDoor(UniqueFd listening, Epoll epoll, Postmaster& postmaster, Clock& clock,
             std::function<bool(uid_t)> may_ask);
  void accept_one();
  void take_question(std::uint64_t id);
  void answer(std::uint64_t id, const std::string& text);
  void set_watched(std::uint64_t id, const Client& client, bool watched) const;

  UniqueFd listening_;
  Epoll epoll_;
  Postmaster& postmaster_;
  Clock& clock_;
  std::function<bool(uid_t)> may_ask_;
  std::uint64_t next_{1};  // 0 is the listening socket
  std::map<std::uint64_t, Client> clients_;
  std::shared_ptr<OracleDoor*> alive_;
};

}  // namespace lbx::deliver
