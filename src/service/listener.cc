// SPDX-License-Identifier: MIT
#include "service/listener.h"

#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>  // Asio 1.74 forgets it
#include <vector>

#include "core/base/log.h"

namespace lbx {
namespace {

namespace asio = boost::asio;
using Protocol = asio::generic::stream_protocol;  // TCP and Unix sockets alike
using Acceptor = asio::basic_socket_acceptor<Protocol>;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kOutputChunk = std::size_t{64} * 1024;
// After the last answer, how long and how much the peer may still send.
constexpr std::chrono::seconds kLinger{5};
constexpr std::size_t kMaxLingering = std::size_t{64} * 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};  // no descriptor left: others must end first

/// Counts connections, in all and by address.
class Census {
 public:
  Census(std::size_t max_all, std::size_t max_each) : max_all_{max_all}, max_each_{max_each} {}

  bool enter(const std::string& address) {
    const std::lock_guard lock{mutex_};
    const auto here = by_address_.find(address);
    if (all_ >= max_all_) return false;
    if (here != by_address_.end() && here->second >= max_each_) return false;
    ++all_;
    ++by_address_[address];
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard lock{mutex_};
    --all_;
    const auto here = by_address_.find(address);
    if (--here->second == 0) by_address_.erase(here);
  }

 private:
  std::mutex mutex_;
  std::size_t max_all_;
  std::size_t max_each_;
  std::size_t all_{0};
  std::map<std::string, std::size_t> by_address_;
};

/// A place in the census, for as long as it lives.
class Place {
 public:
  static std::optional<Place> take(Census& census, std::string address) {
    if (!census.enter(address)) return std::nullopt;
    return Place{census, std::move(address)};
  }
  Place(Place&& other) noexcept
      : census_{std::exchange(other.census_, nullptr)}, address_{std::move(other.address_)} {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (census_ != nullptr) census_->leave(address_);
  }

 private:
  Place(Census& census, std::string address) : census_{&census}, address_{std::move(address)} {}
  Census* census_;
  std::string address_;
};

/// One connection. Everything of it runs on one strand, which is the socket's executor.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Protocol::socket socket, std::unique_ptr<Conversation> conversation, Place place,
             std::size_t read_size)
      : socket_{std::move(socket)},
        timer_{socket_.get_executor()},
        pause_{socket_.get_executor()},
        conversation_{std::move(conversation)},
        place_{std::move(place)},
        read_size_{read_size} {}

  static void start(const std::shared_ptr<Connection>& self) {
    // An answer must not wait for the acknowledgement of the one before. Unix sockets know no such
    // thing.
    const int yes = 1;
    static_cast<void>(
        ::setsockopt(self->socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes));
    self->conversation_->on_answer([weak = self->weak_from_this()] {
      if (const auto here = weak.lock()) here->answer_has_come();
    });
    self->set_deadline();
    const auto strand = self->socket_.get_executor();
    asio::co_spawn(
        strand, [self] { return self->talk(); }, asio::detached);
    asio::co_spawn(
        strand, [self] { return self->watch(); }, asio::detached);
  }

 private:
  asio::awaitable<void> talk() {
    std::string input(read_size_, '\0');
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    for (;;) {
      answered_ = false;
      co_await send_output(failed);
      if (failed || conversation_->ended()) break;
      if (conversation_->waiting()) {
        co_await wait_for_answer();
        continue;
      }
      set_deadline();
      const std::size_t got = co_await socket_.async_read_some(asio::buffer(input), token);
      if (failed) break;
      conversation_->input({input.data(), got});
    }
    if (!failed) co_await linger(input);
    close();
  }

  /// Whoever was asked has a time limit; there is none here.
  asio::awaitable<void> wait_for_answer() {
    deadline_ = Clock::time_point::max();
    while (!answered_ && socket_.is_open()) {
      error_code woken;
      pause_.expires_at(Clock::time_point::max());
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
  }

  void answer_has_come() {
    answered_ = true;
    pause_.cancel();
  }

  /// Takes what the peer sends behind the end: closed with input unread, TCP would throw away
  /// what the peer has not got yet, the last answer with it.
  asio::awaitable<void> linger(std::string& input) {
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    socket_.shutdown(Protocol::socket::shutdown_send, failed);
    deadline_ = Clock::now() + kLinger;
    timer_.cancel();  // wakes watch(), which takes the new deadline
    for (std::size_t taken = 0; !failed && taken < kMaxLingering;) {
      taken += co_await socket_.async_read_some(asio::buffer(input), token);
    }
  }

  asio::awaitable<void> send_output(error_code& failed) {
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    std::string chunk;  // only while there is output: idle connections are cheap
    while (!failed && conversation_->has_output()) {
      chunk.clear();
      conversation_->output(chunk, kOutputChunk);
      if (const auto delay = conversation_->delay(); delay.count() > 0) {
        pause_.expires_after(delay);
        co_await pause_.async_wait(token);
        if (failed) co_return;
      }
      // The deadline is for each piece that the peer takes, not for all of them.
      for (std::size_t sent = 0; !failed && sent < chunk.size();) {
        set_deadline();
        sent += co_await socket_.async_write_some(
            asio::buffer(chunk.data() + sent, chunk.size() - sent), token);
      }
    }
  }

  /// Hangs up at the deadline, which moves.
  asio::awaitable<void> watch() {
    error_code woken;
    while (socket_.is_open()) {
      if (Clock::now() >= deadline_) {
        close();
        break;
      }
      timer_.expires_at(deadline_);
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
  }

  void set_deadline() { deadline_ = Clock::now() + conversation_->idle_limit(); }

  void close() {
    error_code ignored;
    socket_.shutdown(Protocol::socket::shutdown_both, ignored);
    socket_.close(ignored);
    timer_.cancel();
    pause_.cancel();
  }

  Protocol::socket socket_;
  asio::steady_timer timer_;
  asio::steady_timer pause_;
  std::unique_ptr<Conversation> conversation_;
  Place place_;
  std::size_t read_size_;
  Clock::time_point deadline_;
  bool answered_{false};
};

class Listener {
 public:
  Listener(const ListenerOptions& options, const ConversationMaker& make)
      : options_{options},
        make_{make},
        census_{options.max_connections, options.max_per_address},
        signals_{io_, SIGTERM, SIGINT} {}

  Result<void> run(std::vector<ListeningSocket> sockets) {
    for (ListeningSocket& each : sockets) LBX_TRY(add(std::move(each)));
    for (const Watched& each : options_.watched) {
      watched_.emplace_back(io_, each.fd);
      asio::co_spawn(io_, watch(watched_.back(), each.readable), asio::detached);
    }
    signals_.async_wait([this](error_code failed, int) {
      if (!failed) io_.stop();
    });
    run_threads();
    for (auto& each : watched_) each.release();  // whoever handed it in closes it
    return {};
  }

 private:
  Result<void> add(ListeningSocket socket) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) {  // NOLINT
      return Error::from_errno(errno, "getsockname");
    }
    error_code failed;
    Acceptor& acceptor = acceptors_.emplace_back(io_);
    acceptor.assign(Protocol{name.ss_family, 0}, socket.fd.release(), failed);
    if (failed) return Error::later("listen " + socket.name + ": " + failed.message());
    asio::co_spawn(io_, accept_all(acceptor), asio::detached);
    return {};
  }

  asio::awaitable<void> accept_all(Acceptor& acceptor) {
    asio::steady_timer pause{io_};
    for (;;) {
      error_code failed;
      auto token = asio::redirect_error(asio::use_awaitable, failed);
      // Each connection has a strand of its own: its steps never overlap, those of others may.
      Protocol::socket socket = co_await acceptor.async_accept(asio::make_strand(io_), token);
      if (!failed) {
        admit(std::move(socket));
        continue;
      }
      log("accept-failed", {{"why", failed.message()}});
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
    }
  }

  asio::awaitable<void> watch(asio::posix::stream_descriptor& descriptor,
                              const std::function<bool()>& readable) {
    for (;;) {
      error_code failed;
      co_await descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                     asio::redirect_error(asio::use_awaitable, failed));
      if (failed || !readable()) break;
    }
    // What conversations still have to say is said first: their steps are in the loop already.
    asio::post(io_, [this] { io_.stop(); });
  }

  void admit(Protocol::socket socket) {
    const std::optional<Peer> peer = peer_of(socket.native_handle());
    if (!peer) return;
    std::optional<Place> place = Place::take(census_, peer->address);
    if (!place) return refuse(socket, *peer, "too many connections");
    std::unique_ptr<Conversation> conversation = make_(*peer);
    if (!conversation) return refuse(socket, *peer, "not allowed");
    Connection::start(std::make_shared<Connection>(std::move(socket), std::move(conversation),
                                                   std::move(*place), options_.read_size));
  }

  /// One try, without waiting: whoever comes in too large numbers is owed no more.
  void refuse(Protocol::socket& socket, const Peer& peer, const char* why) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(options_.refusal), 0, ignored);
    log("refused", {{"peer", peer.address}, {"why", why}});
  }

  void run_threads() {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < options_.threads; ++i) others.emplace_back([this] { io_.run(); });
    io_.run();
  }

  const ListenerOptions& options_;
  const ConversationMaker& make_;
  Census census_;  // before the event loop: what that still holds at the end leaves the census
  asio::io_context io_;
  std::deque<Acceptor> acceptors_;
  std::deque<asio::posix::stream_descriptor> watched_;
  asio::signal_set signals_;
};

/// Each connection takes a descriptor, and each message being sent another one.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace

Result<void> serve(std::vector<ListeningSocket> sockets, const ListenerOptions& options,
                   const ConversationMaker& make) {
  raise_descriptor_limit();
  Listener listener{options, make};
  return listener.run(std::move(sockets));
}

}  // namespace lbx
