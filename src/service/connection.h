// SPDX-License-Identifier: MIT
// One connection of the listener: its socket, its TLS, its conversation and its deadlines. What the
// listener promises (listener.h) is kept here. Everything of a connection runs on one strand, which
// is its socket's executor.
#pragma once

// clang-format off
#include <utility>  // Asio 1.74 forgets it
#include <boost/asio.hpp>
// clang-format on
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/unique_fd.h"
#include "core/wire/conversation.h"
#include "service/census.h"
#include "service/listening_socket.h"
#include "service/tls.h"

namespace lbx {

using StreamProtocol = boost::asio::generic::stream_protocol;  // TCP and Unix sockets alike

/// What all connections of a listener have in common.
class Reception {
 public:
  struct Guest {
    std::unique_ptr<Conversation> conversation;
    Seat seat;
  };
  virtual ~Reception() = default;
  /// Nothing: the peer has been refused.
  virtual std::optional<Guest> receive(StreamProtocol::socket& socket, const Peer& peer) = 0;
  virtual std::shared_ptr<const TlsServer> tls() const = 0;
  virtual std::size_t read_size() const = 0;
  /// One connection less.
  virtual void gone() = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  /// With `peer`. `reception` must outlive it.
  Connection(StreamProtocol::socket socket, Reception& reception, Peer peer);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// One just accepted. `proxy`: a header of the PROXY protocol comes first. `tls`: then TLS, at
  /// once.
  void start(bool proxy, bool tls);
  /// With a conversation that is under way already.
  void start(std::unique_ptr<Conversation> conversation);

 private:
  using Error = boost::system::error_code;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Clock = std::chrono::steady_clock;

  void begin(bool proxy, bool tls);
  Awaitable<void> live(bool proxy, bool tls);
  Awaitable<bool> read_proxy_header();
  Awaitable<void> talk();
  Awaitable<bool> start_tls();
  Awaitable<bool> read();
  Awaitable<bool> send_output();
  Awaitable<bool> write(const std::string& chunk);
  Awaitable<bool> flush_tls();
  Awaitable<bool> send_all(const std::string& octets);
  Awaitable<void> wait_for_answer();
  Awaitable<void> linger();
  Awaitable<void> watch();
  bool hand_over();
  Awaitable<void> carry();
  Awaitable<void> carry_out();
  void set_conversation(std::unique_ptr<Conversation> conversation);
  void answer_has_come();
  void set_deadline();
  void close();

  StreamProtocol::socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer pause_;
  Reception& reception_;
  Peer peer_;
  std::unique_ptr<TlsConnection> tls_;
  std::optional<Seat> seat_;
  std::unique_ptr<Conversation> conversation_;
  std::optional<boost::asio::local::stream_protocol::socket> other_side_;  // of a handover with TLS
  UniqueFd handed_over_;  // the socket itself, in another process's hands too
  std::string input_;     // what the peer said, and the conversation has not got
  Clock::time_point deadline_;
  Ending ending_{Ending::PeerGone};
  bool answered_{false};
  bool closed_{false};
};

}  // namespace lbx
