// SPDX-License-Identifier: MIT
#include "service/listener.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio.hpp>
#include <chrono>
#include <csignal>
#include <deque>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "service/census.h"
#include "service/connection.h"
#include "service/rare_log.h"

namespace lbx {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<StreamProtocol>;
using boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};  // no descriptor left: others must end first

/// Watched here; whoever handed it in closes it, however the loop ends.
struct Borrowed {
  Borrowed(asio::io_context& io, int fd) : descriptor{io, fd} {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { descriptor.release(); }

  asio::posix::stream_descriptor descriptor;
};

class Listener final : public ListenerLoop, public Reception {
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
      asio::co_spawn(io_, watch(watched_.back().descriptor, each.readable), asio::detached);
    }
    signals_.async_wait([this](error_code failed, int) {
      if (!failed) io_.stop();
    });
    if (options_.started) LBX_TRY(options_.started(*this));
    const auto busy = asio::make_work_guard(io_);
    run_threads();
    running_ = false;
    return {};
  }

  void post(std::function<void()> work) override { asio::post(io_, std::move(work)); }

  void adopt(UniqueFd socket, std::unique_ptr<Conversation> conversation) override {
    std::optional<StreamProtocol::socket> opened = open(std::move(socket));
    if (!opened) return conversation->over(Ending::Failed);
    std::make_shared<Connection>(*std::move(opened), *this, Peer{})->start(std::move(conversation));
  }

  void admit(UniqueFd socket, bool tls) override {
    std::optional<StreamProtocol::socket> opened = open(std::move(socket));
    if (opened) welcome(*std::move(opened), tls);
  }

  void stop() override { io_.stop(); }

  void watch(Watched what) override {
    auto borrowed = std::make_shared<Borrowed>(io_, what.fd);
    asio::co_spawn(io_, watch_on(std::move(borrowed), std::move(what.readable)), asio::detached);
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
    acceptor.assign(StreamProtocol{name.ss_family, 0}, socket.fd.release(), failed);
    if (failed) return Error::later("listen " + socket.name + ": " + failed.message());
    asio::co_spawn(io_, accept_all(acceptor, socket.tls), asio::detached);
    return {};
  }

  asio::awaitable<void> accept_all(Acceptor& acceptor, bool tls) {
    asio::steady_timer pause{io_};
    for (;;) {
      error_code failed;
      auto token = asio::redirect_error(asio::use_awaitable, failed);
      // Each connection has a strand of its own: its steps never overlap, those of others may.
      StreamProtocol::socket socket = co_await acceptor.async_accept(asio::make_strand(io_), token);
      if (!failed) {
        welcome(std::move(socket), tls);
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

  // NOLINTNEXTLINE: a coroutine keeps its arguments, and so has them by value
  static asio::awaitable<void> watch_on(std::shared_ptr<Borrowed> borrowed,
                                        std::function<bool()> readable) {
    error_code failed;
    do {
      co_await borrowed->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                               asio::redirect_error(asio::use_awaitable, failed));
    } while (!failed && readable());
  }

  std::optional<StreamProtocol::socket> open(UniqueFd fd) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    StreamProtocol::socket socket{asio::make_strand(io_)};
    error_code failed;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&name), &size) != 0) {  // NOLINT
      return std::nullopt;
    }
    socket.assign(StreamProtocol{name.ss_family, 0}, fd.get(), failed);
    if (failed) return std::nullopt;
    static_cast<void>(fd.release());
    return socket;
  }

  void welcome(StreamProtocol::socket socket, bool tls) {
    std::optional<Peer> peer = peer_of(socket.native_handle());
    if (!peer) return;
    const bool proxy = options_.is_proxy && options_.is_proxy(*peer);
    std::make_shared<Connection>(std::move(socket), *this, *std::move(peer))->start(proxy, tls);
  }

  std::optional<Guest> receive(StreamProtocol::socket& socket, const Peer& peer) override {
    std::optional<Seat> seat = Seat::take(census_, peer.address);
    if (!seat) return refuse(socket, peer, "too many connections");
    std::unique_ptr<Conversation> conversation = make_(peer);
    if (!conversation) return refuse(socket, peer, "not allowed");
    return Guest{std::move(conversation), *std::move(seat)};
  }

  std::shared_ptr<const TlsServer> tls() const override {
    return options_.tls ? options_.tls() : nullptr;
  }
  std::size_t read_size() const override { return options_.read_size; }
  void gone() override {
    if (options_.until_gone && running_) io_.stop();
  }

  /// One try, without waiting: whoever comes in too large numbers is owed no more.
  std::optional<Guest> refuse(StreamProtocol::socket& socket, const Peer& peer, const char* why) {
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.send(asio::buffer(options_.refusal), 0, ignored);
    const auto left_out = refusals_.due(peer.address + why, std::chrono::steady_clock::now());
    if (left_out) {
      log("refused", {{"peer", peer.address}, {"why", why}, {"before", std::to_string(*left_out)}});
    }
    return std::nullopt;
  }

  void run_threads() {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < options_.threads; ++i) others.emplace_back([this] { io_.run(); });
    io_.run();
  }

  const ListenerOptions& options_;
  const ConversationMaker& make_;
  RareLog refusals_;
  bool running_{true};
  Census census_;  // before the event loop: what that still holds at the end leaves the census
  asio::io_context io_;
  std::deque<Acceptor> acceptors_;
  std::deque<Borrowed> watched_;
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
