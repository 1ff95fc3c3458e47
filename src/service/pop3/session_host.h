// SPDX-License-Identifier: MIT
// The process that serves one Maildir with its user's rights: it gets connections of clients that
// have logged in, over a socket, and keeps their sessions until these have ended. It ends when that
// socket is closed; open sessions are then dropped, like lost connections.
#pragma once

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/settings.h"
#include "service/listener.h"
#include "service/pop3/handover.h"

namespace lbx::pop3 {

class SessionHost {
 public:
  /// Everything handed in must outlive it; `socket` is the spawner's.
  SessionHost(System& system, const pop3d::ServerSettings& settings, std::string maildir,
              int socket)
      : system_{system}, settings_{settings}, maildir_{std::move(maildir)}, socket_{socket} {}

  /// `threads`: how many sessions may work at once.
  Result<void> run(unsigned threads);

 private:
  bool take_orders();
  void open(const OpenOrder& order, UniqueFd connection);
  void report(const Report& report) const;

  System& system_;
  const pop3d::ServerSettings& settings_;
  std::string maildir_;
  int socket_;
  ListenerLoop* loop_{nullptr};
};

}  // namespace lbx::pop3
