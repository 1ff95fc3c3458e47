// SPDX-License-Identifier: MIT
#include "deliver/user_process.h"

#include <optional>
#include <system_error>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/wire/datagram_workers.h"
#include "deliver/dsn.h"
#include "deliver/engine.h"
#include "deliver/forecast.h"
#include "deliver/queue_delivery.h"

namespace lbx::deliver {
namespace {

/// Who it is to others is known to the spawner only.
constexpr std::uint64_t kThisProcess = 1;

}  // namespace

UserProcess::UserProcess(System& system, Settings settings, std::string default_delivery,
                         int socket, unsigned max_threads)
    : system_{system},
      settings_{std::move(settings)},
      default_delivery_{std::move(default_delivery)},
      socket_{socket},
      max_threads_{max_threads},
      turns_{static_cast<std::ptrdiff_t>(max_threads)},
      unsettled_{system.files} {}

void UserProcess::run() {
  wire::DatagramWorkers{socket_, max_threads_, [this](wire::Datagram& order) { handle(order); }}
      .run();
  fronts_.clear();  // joined; nobody adds one any more
}

/// False: there are too many routes, or threads.
bool UserProcess::take_offer(const RouteOffer& offer, UniqueFd front) {
  const std::lock_guard lock{mutex_};
  const std::int64_t now = monotonic_seconds();
  if (routes_.size() >= kMaxRoutes) {
    std::erase_if(routes_, [now](const auto& each) { return each.second.until < now; });
  }
  const bool room = routes_.size() < kMaxRoutes;
  if (room) routes_[offer.number] = {offer.request, now + kRouteSeconds};
  if (!front) return room;
  try {
    fronts_.emplace_back([this, front = std::move(front)] { serve(front.get()); });
  } catch (const std::system_error&) {
    return false;  // no more threads for this user
  }
  return room;
}

void UserProcess::serve(int front) {
  wire::DatagramWorkers{front, max_threads_,
                        [this, front](const wire::Datagram& order) { handle_routed(front, order); }}
      .run();
}

std::optional<dotqmail::Request> UserProcess::request_of(std::uint64_t route) {
  const std::lock_guard lock{mutex_};
  const auto found = routes_.find(route);
  if (found == routes_.end() || found->second.until < monotonic_seconds()) return std::nullopt;
  return found->second.request;
}

void UserProcess::handle_routed(int socket, const wire::Datagram& datagram) {
  Result<RoutedOrder> routed = decode_routed_order(datagram.bytes);
  if (!routed) return log("bad-order", {{"why", routed.error().what}});
  Answer answer = answer_later("4.3.0 unable to hand the message on");
  if (auto request = request_of(routed->route)) {
    request->sender = std::move(routed->sender);
    turns_.acquire();
    answer = carry_out({Order::Kind::Deliver, routed->number, routed->expires, *std::move(request),
                        routed->size, std::move(routed->attempt), std::move(routed->dsn)},
                       datagram.descriptor.get());
    turns_.release();
  }
  static_cast<void>(
      wire::send_datagram(socket, encode(routed->number, answer), -1, wire::Wait::Yes));
}

void UserProcess::handle(wire::Datagram& datagram) {
  if (const std::optional<RouteOffer> offer = decode_route_offer(datagram.bytes)) {
    const bool taken = take_offer(*offer, std::move(datagram.descriptor));
    const Answer said{taken ? Verdict::Done : Verdict::Later, ""};
    static_cast<void>(
        wire::send_datagram(socket_, encode(offer->number, said), -1, wire::Wait::Yes));
    return;
  }
  Result<UserOrder> order = decode_user_order(datagram.bytes);
  if (!order) return log("bad-order", {{"why", order.error().what}});
  const std::uint64_t number = order->number;
  turns_.acquire();
  const Answer answer = carry_out(std::move(*order), datagram.descriptor.get());
  turns_.release();
  // Whoever asked may have gone: then nobody is told, and the client tries again.
  static_cast<void>(wire::send_datagram(socket_, encode(number, answer), -1, wire::Wait::Yes));
}

Answer UserProcess::settle() {
  const Result<void> settled = unsettled_.settle();
  if (settled) return {Verdict::Done, ""};
  return answer_later("Unable to sync. (#4.3.0): " + settled.error().what + '\n');
}

Answer UserProcess::deliver_local(const UserOrder& order, Settings settings, int message) {
  bool left = false;
  if (order.settle_later) {
    settings.settle_later = [&](UniqueFd folder) {
      left = true;
      return unsettled_.add(std::move(folder));
    };
  }
  Answer answer = deliver_for_queue(system_, order.request, std::move(settings), message);
  if (left) answer.settler = kThisProcess;
  return answer;
}

Answer UserProcess::carry_out(UserOrder order, int message) {
  if (order.kind == Order::Kind::Settle) return settle();
  if (order.expires < monotonic_seconds()) return answer_later("4.4.7 waited too long");
  order.request.default_delivery = default_delivery_;
  Settings settings = settings_;
  settings.attempt = order.attempt;
  settings.earlier = order.earlier;
  settings.message_octets = order.size;
  if (order.kind == Order::Kind::Verdict) {
    return answer_of(forecast(system_, order.request, settings).result);
  }
  if (order.kind == Order::Kind::Forget) {
    forget_for_queue(system_, order.request, order.attempt);
    return {Verdict::Done, ""};
  }
  if (message < 0) return answer_later("4.3.0 an order without a message");
  if (order.kind == Order::Kind::Local) {
    return deliver_local(order, std::move(settings), message);
  }
  return deliver_and_tell(order, settings, message);
}

/// The notice comes behind the delivery, so that it never tells of what has not happened, and
/// before the answer, after which nobody asks again. Where it fails the delivery has not: it must
/// not be repeated for that.
Answer UserProcess::deliver_and_tell(const UserOrder& order, Settings& settings,
                                     int message) const {
  std::optional<DsnRequest> dsn;
  if (!order.dsn.empty()) {
    Result<DsnRequest> asked = decode_dsn_request(order.dsn);
    if (!asked) return answer_later("4.3.0 an order of another form");
    dsn = std::move(asked).value();
    settings.queue_variables = queue_variables(*dsn);
  }
  const Outcome outcome = deliver(system_, order.request, settings, message);
  if (dsn) {
    const Result<void> told =
        tell_of_success(system_, settings, *dsn, order.request.sender, outcome, message);
    if (!told) log("no-success-notice", {{"to", order.request.sender}, {"why", told.error().what}});
  }
  return answer_of(outcome.report);
}

}  // namespace lbx::deliver
