// SPDX-License-Identifier: MIT
#include "service/connection.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <variant>

#include "core/wire/proxy_header.h"

// co_await never stands behind && or ||, nor between ? and :: g++ 12 makes a trap of it.

namespace lbx {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kOutputChunk = std::size_t{64} * 1024;
constexpr std::size_t kTlsPiece = std::size_t{16} * 1024;  // a record of TLS
constexpr std::size_t kMaxRead = std::size_t{16} * 1024;
// After the last answer, how long and how much the peer may still send.
constexpr std::chrono::seconds kLinger{5};
constexpr std::size_t kMaxLingering = std::size_t{64} * 1024;
constexpr std::chrono::seconds kProxyHeaderLimit{10};

/// What there is to read now, without waiting; nothing where it was a false alarm.
template <typename Socket>
std::string read_now(Socket& socket, std::size_t most, error_code& failed) {
  std::array<char, kMaxRead> room;  // NOLINT: read_some fills what is read of it
  const std::size_t got =
      socket.read_some(asio::buffer(room.data(), std::min(most, room.size())), failed);
  if (failed == asio::error::would_block || failed == asio::error::try_again) {
    failed = {};
    return {};
  }
  return {room.data(), failed ? 0 : got};
}

}  // namespace

Connection::Connection(StreamProtocol::socket socket, Reception& reception, Peer peer)
    : socket_{std::move(socket)},
      timer_{socket_.get_executor()},
      pause_{socket_.get_executor()},
      reception_{reception},
      peer_{std::move(peer)},
      deadline_{Clock::time_point::max()} {
  // An answer must not wait for the acknowledgement of the one before. Unix sockets know no such
  // thing.
  const int yes = 1;
  static_cast<void>(
      ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes));
  Error ignored;
  socket_.non_blocking(true, ignored);
}

Connection::~Connection() {
  reception_.gone();
}

void Connection::start(bool proxy, bool tls) {
  begin(proxy, tls);
}

void Connection::start(std::unique_ptr<Conversation> conversation) {
  set_conversation(std::move(conversation));
  set_deadline();
  begin(false, false);
}

void Connection::begin(bool proxy, bool tls) {
  const auto strand = socket_.get_executor();
  asio::co_spawn(
      strand, [self = shared_from_this(), proxy, tls] { return self->live(proxy, tls); },
      asio::detached);
  asio::co_spawn(
      strand, [self = shared_from_this()] { return self->watch(); }, asio::detached);
}

Connection::Awaitable<void> Connection::live(bool proxy, bool tls) {
  bool going = true;
  if (proxy) going = co_await read_proxy_header();
  if (going && !conversation_) {
    std::optional<Reception::Guest> guest = reception_.receive(socket_, peer_);
    going = guest.has_value();
    if (going) {
      seat_.emplace(std::move(guest->seat));
      set_conversation(std::move(guest->conversation));
      set_deadline();
    }
  }
  if (going && tls) going = co_await start_tls();
  if (going) co_await talk();
  close();
  if (conversation_) conversation_->over(ending_);
}

void Connection::set_conversation(std::unique_ptr<Conversation> conversation) {
  conversation_ = std::move(conversation);
  conversation_->on_answer([weak = weak_from_this()] {
    if (const auto here = weak.lock()) here->answer_has_come();
  });
}

Connection::Awaitable<bool> Connection::read_proxy_header() {
  deadline_ = Clock::now() + kProxyHeaderLimit;
  std::string said;
  for (;;) {
    Error failed;
    co_await socket_.async_wait(StreamProtocol::socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, failed));
    // Octet by octet where it matters: what is behind the header may be the client's TLS.
    if (!failed) said += read_now(socket_, 1, failed);
    if (failed) co_return false;
    const auto header = parse_proxy_header(said);
    if (const auto* const found = std::get_if<ProxyHeader>(&header)) {
      if (found->source) peer_ = Peer{found->source->address, std::nullopt};
      co_return true;
    }
    if (std::get<NoProxyHeader>(header) == NoProxyHeader::Bad) co_return false;
  }
}

Connection::Awaitable<void> Connection::talk() {
  for (;;) {
    answered_ = false;
    if (!co_await send_output()) break;
    if (conversation_->ended()) {
      ending_ = Ending::Said;
      co_await linger();
      break;
    }
    if (conversation_->handed_over()) {
      co_await carry();
      break;
    }
    if (conversation_->wants_handover()) {
      if (!hand_over()) break;
      continue;
    }
    if (conversation_->waiting()) {
      co_await wait_for_answer();
      if (closed_) break;
      continue;
    }
    if (conversation_->wants_tls()) {
      if (!co_await start_tls()) break;
      continue;
    }
    set_deadline();
    if (input_.empty()) {
      const bool more = co_await read();
      if (!more) break;
    }
    conversation_->input(std::exchange(input_, {}));
  }
}

/// One deadline for all of it: a handshake in single octets must not last for ever.
Connection::Awaitable<bool> Connection::start_tls() {
  const std::shared_ptr<const TlsServer> server = reception_.tls();
  auto made = server ? TlsConnection::accept(server)
                     : Result<std::unique_ptr<TlsConnection>>{lbx::Error::later("no TLS")};
  ending_ = Ending::Failed;
  if (!made) co_return false;
  tls_ = std::move(made).value();
  input_.clear();
  set_deadline();
  while (!tls_->established()) {
    const bool more = co_await read();
    const bool flushed = co_await flush_tls();
    if (!flushed || !more) co_return false;
  }
  ending_ = Ending::PeerGone;
  conversation_->tls_started(tls_->info());
  co_return true;
}

/// Waits for something, which goes to the end of input_. False: the connection is over.
Connection::Awaitable<bool> Connection::read() {
  const std::size_t before = input_.size();
  do {
    Error failed;
    co_await socket_.async_wait(StreamProtocol::socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, failed));
    const std::string got =
        failed ? std::string{} : read_now(socket_, reception_.read_size(), failed);
    if (failed) co_return false;
    if (!tls_) {
      input_ += got;
      continue;
    }
    const bool handshaking = !tls_->established();
    if (!tls_->receive(got, input_)) {
      ending_ = Ending::Failed;
      co_return false;
    }
    if (tls_->finished() && input_.size() == before) co_return false;
    if (handshaking) co_return true;  // there is an answer of TLS itself, perhaps
  } while (input_.size() == before);
  co_return true;
}

/// Whoever was asked has a time limit; there is none here.
Connection::Awaitable<void> Connection::wait_for_answer() {
  deadline_ = Clock::time_point::max();
  while (!answered_ && !closed_) {
    Error woken;
    pause_.expires_at(Clock::time_point::max());
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

void Connection::answer_has_come() {
  answered_ = true;
  pause_.cancel();
}

Connection::Awaitable<bool> Connection::send_output() {
  std::string chunk;  // only while there is output: idle connections are cheap
  while (conversation_->has_output()) {
    chunk.clear();
    conversation_->output(chunk, kOutputChunk);
    if (const auto delay = conversation_->delay(); delay.count() > 0) {
      Error failed;
      pause_.expires_after(delay);
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      if (closed_) co_return false;
    }
    if (!co_await write(chunk)) co_return false;
  }
  co_return true;
}

/// Whoever calls it keeps `chunk` until it is done.
Connection::Awaitable<bool> Connection::write(const std::string& chunk) {
  if (!tls_) co_return co_await send_all(chunk);
  for (std::string_view rest = chunk; !rest.empty();) {
    const std::string_view piece = rest.substr(0, kTlsPiece);
    rest.remove_prefix(piece.size());
    if (!tls_->send(piece)) {
      ending_ = Ending::Failed;
      co_return false;
    }
    if (!co_await flush_tls()) co_return false;
  }
  co_return true;
}

Connection::Awaitable<bool> Connection::flush_tls() {
  std::string octets;
  tls_->take_output(octets);
  if (octets.empty()) co_return true;
  co_return co_await send_all(octets);
}

/// The deadline is for each piece that the peer takes, not for all of them.
Connection::Awaitable<bool> Connection::send_all(const std::string& octets) {
  Error failed;
  auto token = asio::redirect_error(asio::use_awaitable, failed);
  for (std::size_t sent = 0; !failed && sent < octets.size();) {
    set_deadline();
    sent += co_await socket_.async_write_some(
        asio::buffer(octets.data() + sent, octets.size() - sent), token);
  }
  co_return !failed;
}

bool Connection::hand_over() {
  if (!tls_) {
    conversation_->hand_over(socket_.native_handle());
    return true;
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  const UniqueFd theirs{ends[1]};
  other_side_.emplace(socket_.get_executor());
  Error failed;
  other_side_->assign(asio::local::stream_protocol{}, ends[0], failed);
  if (!failed) other_side_->non_blocking(true, failed);
  if (failed) return false;
  conversation_->hand_over(theirs.get());
  return true;
}

/// Another process talks to the peer. Without TLS it has the socket, and all that is to be done is
/// to be counted until it has ended.
Connection::Awaitable<void> Connection::carry() {
  ending_ = Ending::Said;
  if (!tls_) {
    Error failed;
    handed_over_.reset(socket_.release(failed));  // its events are none of ours
    while (!conversation_->ended() && !closed_) {
      answered_ = false;
      co_await wait_for_answer();
    }
    co_return;
  }
  deadline_ = Clock::time_point::max();
  asio::co_spawn(
      socket_.get_executor(), [self = shared_from_this()] { return self->carry_out(); },
      asio::detached);
  while (!closed_) {
    const bool more = co_await read();
    if (!more) break;
    Error failed;
    co_await asio::async_write(*other_side_, asio::buffer(input_),
                               asio::redirect_error(asio::use_awaitable, failed));
    if (failed) break;
    input_.clear();
  }
  Error ignored;
  if (!closed_) other_side_->shutdown(StreamProtocol::socket::shutdown_send, ignored);
  while (!closed_) {  // carry_out() closes
    answered_ = false;
    co_await wait_for_answer();
  }
}

Connection::Awaitable<void> Connection::carry_out() {
  Error failed;
  auto token = asio::redirect_error(asio::use_awaitable, failed);
  while (!closed_) {
    co_await other_side_->async_wait(StreamProtocol::socket::wait_read, token);
    const std::string piece = failed ? std::string{} : read_now(*other_side_, kTlsPiece, failed);
    if (failed || closed_) break;
    if (!co_await write(piece)) break;
    deadline_ = Clock::time_point::max();
  }
  if (!closed_) co_await linger();
  close();
}

/// Takes what the peer sends behind the end: closed with input unread, TCP would throw away what
/// the peer has not got yet, the last answer with it.
Connection::Awaitable<void> Connection::linger() {
  if (tls_) {
    tls_->finish();
    if (!co_await flush_tls()) co_return;
  }
  Error failed;
  socket_.shutdown(StreamProtocol::socket::shutdown_send, failed);
  deadline_ = Clock::now() + kLinger;
  timer_.cancel();  // wakes watch(), which takes the new deadline
  for (std::size_t taken = 0; !failed && taken < kMaxLingering;) {
    co_await socket_.async_wait(StreamProtocol::socket::wait_read,
                                asio::redirect_error(asio::use_awaitable, failed));
    if (!failed) taken += read_now(socket_, kMaxRead, failed).size();
  }
}

/// Hangs up at the deadline, which moves.
Connection::Awaitable<void> Connection::watch() {
  while (!closed_) {
    if (Clock::now() >= deadline_) {
      if (ending_ == Ending::PeerGone) ending_ = Ending::Idle;
      close();
      break;
    }
    Error woken;
    timer_.expires_at(deadline_);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

void Connection::set_deadline() {
  deadline_ = Clock::now() + conversation_->idle_limit();
  if (deadline_ < timer_.expiry()) timer_.cancel();
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  Error ignored;
  socket_.shutdown(StreamProtocol::socket::shutdown_both, ignored);
  socket_.close(ignored);
  if (other_side_) other_side_->close(ignored);
  handed_over_.reset();
  timer_.cancel();
  pause_.cancel();
}

}  // namespace lbx
