// SPDX-License-Identifier: MIT
#include "service/pop3/session_host.h"

#include <malloc.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/base/log.h"
#include "core/wire/datagram.h"
#include "pop3d/open_maildrop.h"
#include "service/pop3/mechanisms.h"

namespace lbx::pop3 {
namespace {

constexpr std::size_t kOrdersAtOnce = 64;

/// Looking through a large Maildir takes several times what its session keeps. Large pieces of
/// memory go back to the kernel at once, whichever thread had them: left to itself, glibc learns to
/// keep them.
void give_back_large_pieces() {
#ifdef __GLIBC__
  constexpr int kLargePiece = 256 * 1024;
  static_cast<void>(::mallopt(M_MMAP_THRESHOLD, kLargePiece));
  static_cast<void>(::mallopt(M_TRIM_THRESHOLD, kLargePiece));
#endif
}

/// A session that says how it went.
class HostedSession final : public pop3d::Session {
 public:
  HostedSession(pop3d::Settings settings, std::unique_ptr<pop3d::Maildrop> maildrop,
                std::function<void(Ending, const pop3d::Tally&)> on_over)
      : Session{std::move(settings), std::move(maildrop)}, on_over_{std::move(on_over)} {}
  void over(Ending why) override { on_over_(why, tally()); }

 private:
  std::function<void(Ending, const pop3d::Tally&)> on_over_;
};

}  // namespace

Result<void> SessionHost::run(unsigned threads) {
  give_back_large_pieces();
  ListenerOptions options;
  options.threads = threads;
  options.watched.push_back({socket_, [this] { return take_orders(); }});
  options.started = [this](ListenerLoop& loop) {
    loop_ = &loop;
    return Result<void>{};
  };
  return serve({}, options, nullptr);
}

bool SessionHost::take_orders() {
  for (std::size_t i = 0; i < kOrdersAtOnce; ++i) {
    Result<wire::Datagram> got = wire::receive_datagram(socket_, wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return true;
    if (!got || got->bytes.empty()) return false;
    Result<OpenOrder> order = parse_open_order(got->bytes);
    if (!order || !got->descriptor) return false;
    // std::function wants what can be copied.
    auto connection = std::make_shared<UniqueFd>(std::move(got->descriptor));
    loop_->post([this, order = std::move(order).value(), connection] {
      open(order, std::move(*connection));
    });
  }
  return true;
}

/// A large Maildir takes its time: one of several threads does this.
void SessionHost::open(const OpenOrder& order, UniqueFd connection) {
  pop3d::LoginOutcome outcome = pop3d::open_maildrop(system_, maildir_, settings_);
  if (const auto* const refusal = std::get_if<pop3d::Refusal>(&outcome)) {
    return report(Refused{order.number, *refusal});
  }
  pop3d::Settings settings = settings_.session;
  settings.tls = order.inheritance.tls;
  settings.offer_stls = order.inheritance.offer_stls;
  settings.plaintext_logins = order.inheritance.plaintext_logins;
  settings.mechanisms = mechanisms_of(order.inheritance.mechanisms);
  auto session = std::make_unique<HostedSession>(
      std::move(settings), std::get<std::unique_ptr<pop3d::Maildrop>>(std::move(outcome)),
      [this, number = order.number](Ending why, const pop3d::Tally& tally) {
        report(Over{number, why, tally});
      });
  session->input(order.inheritance.unread);
  report(Taken{order.number});
  loop_->adopt(std::move(connection), std::move(session));
}

void SessionHost::report(const Report& report) const {
  const Result<void> sent =
      wire::send_datagram(socket_, encode(SpawnerMessage{report}), -1, wire::Wait::Yes);
  if (!sent && sent.error().os_error != EPIPE) log("session-report", {{"why", sent.error().what}});
}

}  // namespace lbx::pop3
