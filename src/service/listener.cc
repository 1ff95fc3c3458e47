// SPDX-License-Identifier: MIT
#include "service/listener.h"

#include <sys/resource.h>

#include <boost/asio.hpp>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>  // Asio 1.74 forgets it
#include <vector>

#include "core/base/ascii.h"
#include "core/base/log.h"

namespace lbx {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kOutputChunk = std::size_t{64} * 1024;
constexpr std::size_t kInputChunk = 4096;
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
  Connection(tcp::socket socket, std::unique_ptr<Conversation> conversation, Place place)
      : socket_{std::move(socket)},
        timer_{socket_.get_executor()},
        pause_{socket_.get_executor()},
        conversation_{std::move(conversation)},
        place_{std::move(place)} {}

  static void start(const std::shared_ptr<Connection>& self) {
    error_code ignored;
    // An answer must not wait for the acknowledgement of the one before.
    self->socket_.set_option(tcp::no_delay{true}, ignored);
    self->set_deadline();
    const auto strand = self->socket_.get_executor();
    asio::co_spawn(
        strand, [self] { return self->talk(); }, asio::detached);
    asio::co_spawn(
        strand, [self] { return self->watch(); }, asio::detached);
  }

 private:
  asio::awaitable<void> talk() {
    std::string input(kInputChunk, '\0');
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    for (;;) {
      co_await send_output(failed);
      if (failed || conversation_->ended()) break;
      set_deadline();
      const std::size_t got = co_await socket_.async_read_some(asio::buffer(input), token);
      if (failed) break;
      conversation_->input({input.data(), got});
    }
    if (!failed) co_await linger(input);
    close();
  }

  /// Takes what the peer sends behind the end: closed with input unread, TCP would throw away
  /// what the peer has not got yet, the last answer with it.
  asio::awaitable<void> linger(std::string& input) {
    error_code failed;
    auto token = asio::redirect_error(asio::use_awaitable, failed);
    socket_.shutdown(tcp::socket::shutdown_send, failed);
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
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    timer_.cancel();
    pause_.cancel();
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  asio::steady_timer pause_;
  std::unique_ptr<Conversation> conversation_;
  Place place_;
  Clock::time_point deadline_;
};

class Listener {
 public:
  Listener(const ListenerOptions& options, const ConversationMaker& make)
      : options_{options},
        make_{make},
        census_{options.max_connections, options.max_per_address},
        acceptor_{io_},
        signals_{io_, SIGTERM, SIGINT} {}

  Result<void> run(const ReadyCall& ready) {
    const tcp::endpoint endpoint = LBX_TRY(resolve());
    LBX_TRY(bind(endpoint));
    signals_.async_wait([this](error_code failed, int) {
      if (!failed) io_.stop();
    });
    asio::co_spawn(io_, accept_all(), asio::detached);
    ready(to_string(acceptor_.local_endpoint()));
    run_threads();
    return {};
  }

 private:
  Result<tcp::endpoint> resolve() {
    const std::string& text = options_.address;
    const std::size_t colon = text.rfind(':');
    const auto port =
        colon == text.npos ? std::nullopt : ascii::parse_number(text.substr(colon + 1));
    if (!port || *port > 65535) return Error::later(text + ": not ADDRESS:PORT");
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    error_code failed;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, failed);
    if (failed) return Error::later(text + ": not an IP address");
    return tcp::endpoint{address, static_cast<std::uint16_t>(*port)};
  }

  Result<void> bind(const tcp::endpoint& endpoint) {
    error_code failed;
    acceptor_.open(endpoint.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address{true}, failed);
    if (!failed) acceptor_.bind(endpoint, failed);
    if (!failed) acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
    if (failed) return Error::later("listen " + to_string(endpoint) + ": " + failed.message());
    return {};
  }

  static std::string to_string(const tcp::endpoint& endpoint) {
    const std::string host = endpoint.address().to_string();
    const bool six = endpoint.address().is_v6();
    return (six ? '[' + host + ']' : host) + ':' + std::to_string(endpoint.port());
  }

  asio::awaitable<void> accept_all() {
    asio::steady_timer pause{io_};
    for (;;) {
      error_code failed;
      auto token = asio::redirect_error(asio::use_awaitable, failed);
      // Each connection has a strand of its own: its steps never overlap, those of others may.
      tcp::socket socket = co_await acceptor_.async_accept(asio::make_strand(io_), token);
      if (!failed) {
        admit(std::move(socket));
        continue;
      }
      log("accept-failed", {{"why", failed.message()}});
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
    }
  }

  void admit(tcp::socket socket) {
    error_code gone;
    const tcp::endpoint peer = socket.remote_endpoint(gone);
    if (gone) return;
    std::optional<Place> place = Place::take(census_, peer.address().to_string());
    if (!place) return refuse(socket, to_string(peer));
    Connection::start(std::make_shared<Connection>(std::move(socket), make_(), std::move(*place)));
  }

  /// One try, without waiting: whoever comes in too large numbers is owed no more.
  void refuse(tcp::socket& socket, const std::string& peer) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(options_.refusal), ignored);
    log("refused", {{"peer", peer}, {"why", "too many connections"}});
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
  tcp::acceptor acceptor_;
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

Result<void> serve(const ListenerOptions& options, const ConversationMaker& make,
                   const ReadyCall& ready) {
  raise_descriptor_limit();
  Listener listener{options, make};
  return listener.run(ready);
}

}  // namespace lbx
