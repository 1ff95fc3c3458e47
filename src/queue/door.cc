// SPDX-License-Identifier: MIT
#include "queue/door.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/wire/datagram.h"

namespace lbx::queue {
namespace {

constexpr std::chrono::seconds kLookAround{10};
constexpr std::chrono::seconds kPause{1};
/// Connections that are accepted before others get their turn again.
constexpr int kAcceptedAtOnce = 64;

Result<ucred> credentials_of(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return Error::from_errno(errno, "SO_PEERCRED");
  }
  return peer;
}

/// All of a small message. Only a memfd that cannot change any more: reading a foreign file might
/// never end.
Result<std::string> message_octets(int descriptor, std::size_t limit) {
  constexpr int kSealed = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
  const int seals = ::fcntl(descriptor, F_GET_SEALS);
  if (seals < 0 || (seals & kSealed) != kSealed) {
    return Error::never("the message is not sealed (#5.3.0)");
  }
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return Error::from_errno(errno, "fstat");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size > limit) return Error::never("the message is too large for memory (#5.3.4)");
  std::string octets(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t more =
        ::pread(descriptor, octets.data() + got, size - got, static_cast<off_t>(got));
    if (more < 0) return Error::from_errno(errno, "pread");
    if (more == 0) return Error::later("the message is shorter than it was (#4.3.0)");
    got += static_cast<std::size_t>(more);
  }
  return octets;
}

}  // namespace

struct Door::Connection {
  std::uint64_t id{0};
  UniqueFd socket;
  uid_t uid{0};
  pid_t pid{0};
  bool watched{true};
  bool reading{false};  // readable() has it: others must not close it
  bool waiting{false};  // for the answer to what it asked
  bool gone{false};
  wire::EnvelopeReader reader;
  std::size_t octets{0};  // of its envelope, until that is answered
  UniqueFd message;
  std::int64_t since{0};  // when the envelope began; 0: none has
  std::string spool_head;
  dev_t spool_device{0};
  ino_t spool_inode{0};
};

Door::Door(EventLoop& loop, Clock& clock, UniqueFd socket, DoorLimits limits, DoorUsers users,
           DoorActions actions)
    : loop_{loop},
      clock_{clock},
      socket_{std::move(socket)},
      limits_{limits},
      users_{std::move(users)},
      actions_{std::move(actions)} {}

Result<std::unique_ptr<Door>> Door::open(EventLoop& loop, Clock& clock, UniqueFd socket,
                                         DoorLimits limits, DoorUsers users, DoorActions actions) {
  const int listening = socket.get();
  if (::fcntl(listening, F_SETFL, O_NONBLOCK) != 0) return Error::from_errno(errno, "F_SETFL");
  std::unique_ptr<Door> door{
      new Door{loop, clock, std::move(socket), limits, std::move(users), std::move(actions)}};
  Door* const raw = door.get();
  LBX_TRY(loop.watch(listening, EventLoop::Interest::Read, [raw] { raw->accept_all(); }));
  door->idle_timer_ = loop.after(kLookAround, [raw] { raw->close_idle(); });
  return door;
}

Door::~Door() {
  loop_.cancel(idle_timer_);
  loop_.cancel(pause_timer_);
  loop_.forget(socket_.get());
  for (const auto& [id, connection] : connections_) {
    if (connection->watched) loop_.forget(connection->socket.get());
  }
}

void Door::accept_all() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    UniqueFd socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket && errno != EAGAIN && errno != ECONNABORTED) pause();
    if (!socket) return;
    accept_one(std::move(socket));
  }
}

/// Descriptors have run out, perhaps: those that end make room.
void Door::pause() {
  loop_.forget(socket_.get());
  pause_timer_ = loop_.after(kPause, [this] {
    const Result<void> watched =
        loop_.watch(socket_.get(), EventLoop::Interest::Read, [this] { accept_all(); });
    if (!watched) pause();
  });
}

void Door::accept_one(UniqueFd socket) {
  const Result<ucred> peer = credentials_of(socket.get());
  if (!peer) return;
  std::size_t& of_user = by_user_[peer->uid];
  const std::size_t most_of_user =
      peer->uid == 0 ? limits_.connections : limits_.connections_per_user;
  if (connections_.size() >= limits_.connections || of_user >= most_of_user) {
    static_cast<void>(wire::send_datagram(
        socket.get(), "Ztoo many connections to the queue (#4.3.2)", -1, wire::Wait::No));
    if (of_user == 0) by_user_.erase(peer->uid);
    return;
  }
  auto made = std::make_unique<Connection>();
  made->id = next_++;
  made->socket = std::move(socket);
  made->uid = peer->uid;
  made->pid = peer->pid;
  const std::uint64_t id = made->id;
  const Result<void> watched =
      loop_.watch(made->socket.get(), EventLoop::Interest::Read, [this, id] { readable(id); });
  if (!watched) return;
  ++of_user;
  connections_.emplace(id, std::move(made));
  readable(id);  // most have sent everything by now
}

void Door::readable(std::uint64_t id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  Connection& connection = *found->second;
  if (connection.waiting) {  // he talks on, or is gone: both can wait for the answer
    loop_.forget(connection.socket.get());
    connection.watched = false;
    return;
  }
  connection.reading = true;
  read_all(connection);
  connection.reading = false;
  if (connection.gone) close(id);
}

void Door::read_all(Connection& connection) {
  while (!connection.waiting && !connection.gone) {
    Result<wire::Datagram> datagram =
        wire::receive_datagram(connection.socket.get(), wire::Wait::No);
    if (!datagram && datagram.error().os_error == EAGAIN) return;
    if (!datagram || datagram->bytes.empty()) {
      connection.gone = true;
    } else {
      take(connection, datagram->bytes, std::move(datagram->descriptor));
    }
  }
}

void Door::take(Connection& connection, std::string_view bytes, UniqueFd descriptor) {
  switch (bytes.front()) {
    case 'M':
    case 'E':
      return take_envelope(connection, bytes, std::move(descriptor));
    case 'G':
      return give_spool_file(connection);
    case 'C':
      return take_change(connection, bytes);
    case 'S':
      return say(connection, 'S' + actions_.counters(), -1);
    default:
      connection.gone = true;  // whoever that is speaks another language
  }
}

void Door::take_envelope(Connection& connection, std::string_view bytes, UniqueFd descriptor) {
  if (connection.since == 0) connection.since = clock_.now().seconds;
  if (descriptor) connection.message = std::move(descriptor);
  const Result<bool> whole = connection.reader.feed(bytes);
  open_octets_ += connection.reader.size() - connection.octets;
  connection.octets = connection.reader.size();
  if (open_octets_ > limits_.open_envelopes) {
    refuse(connection, Error::later("too many envelopes at once (#4.3.2)"));
    connection.gone = true;
    return;
  }
  if (!whole) {
    refuse(connection, whole.error());
    connection.gone = true;  // what follows would be out of step
    return;
  }
  if (*whole) complete(connection);
}

void Door::complete(Connection& connection) {
  Result<Submission> submission = submission_of(connection);
  connection.reader = wire::EnvelopeReader{};
  connection.message.reset();
  connection.since = 0;
  if (!submission) {
    forget_octets(connection);
    return refuse(connection, submission.error());
  }
  connection.waiting = true;
  actions_.submit(std::move(submission).value(), answer_to(connection.id));
}

Result<Submission> Door::submission_of(Connection& connection) {
  Submission made;
  made.envelope = connection.reader.take();
  made.uid = connection.uid;
  made.pid = connection.pid;
  if (made.envelope.recipients.size() > limits_.recipients) {
    return Error::later("too many recipients at once (#4.5.3)");
  }
  struct stat about {};
  if (!connection.message || ::fstat(connection.message.get(), &about) != 0) {
    return Error::never("an envelope without a message (#5.3.0)");
  }
  if (!connection.spool_head.empty() && about.st_dev == connection.spool_device &&
      about.st_ino == connection.spool_inode) {
    made.head = std::exchange(connection.spool_head, {});
    made.spool = std::move(connection.message);
    return made;
  }
  made.head = received_line(invoker_of(users_.known, made.uid), made.pid, clock_.now().seconds);
  made.octets = LBX_TRY(message_octets(connection.message.get(), limits_.inline_octets));
  return made;
}

void Door::forget_octets(Connection& connection) {
  open_octets_ -= std::exchange(connection.octets, 0);
}

void Door::give_spool_file(Connection& connection) {
  connection.spool_head =
      received_line(invoker_of(users_.known, connection.uid), connection.pid, clock_.now().seconds);
  const Result<UniqueFd> file = actions_.spool_file(connection.spool_head);
  struct stat about {};
  if (!file || ::fstat(file->get(), &about) != 0) {
    connection.spool_head.clear();
    return refuse(connection, Error::later("no room for a large message (#4.3.1)"));
  }
  connection.spool_device = about.st_dev;
  connection.spool_inode = about.st_ino;
  say(connection, 'G' + connection.spool_head, file->get());
}

void Door::take_change(Connection& connection, std::string_view bytes) {
  if (connection.uid != 0 && !users_.masters.contains(connection.uid)) {
    return refuse(connection, Error::never("only root and the queue's own users may do that"));
  }
  const Result<wire::ChangeRequest> request = wire::read_change(bytes);
  if (!request) return refuse(connection, request.error());
  connection.waiting = true;
  actions_.change(*request, answer_to(connection.id));
}

DoorActions::Answer Door::answer_to(std::uint64_t id) {
  return [this, id](const Result<std::int64_t>& result) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    Connection& connection = *found->second;
    connection.waiting = false;
    forget_octets(connection);
    if (result) {
      say(connection, 'K' + std::to_string(*result), -1);
    } else {
      refuse(connection, result.error());
    }
    if (connection.reading) return;  // an answer at once
    if (connection.gone) return close(id);
    if (connection.watched) return;
    const Result<void> watched = loop_.watch(connection.socket.get(), EventLoop::Interest::Read,
                                             [this, id] { readable(id); });
    connection.watched = watched.has_value();
    if (!watched) close(id);
  };
}

/// Answers are short, and wait for a question each: only who does not listen has no room for one.
void Door::say(Connection& connection, std::string_view bytes, int descriptor) {
  if (!wire::send_datagram(connection.socket.get(), bytes, descriptor, wire::Wait::No)) {
    connection.gone = true;
  }
}

void Door::refuse(Connection& connection, const Error& why) {
  say(connection, (why.retry == Retry::Never ? 'D' : 'Z') + why.what, -1);
}

void Door::close(std::uint64_t id) {
  const auto found = connections_.find(id);
  Connection& connection = *found->second;
  if (connection.watched) loop_.forget(connection.socket.get());
  forget_octets(connection);
  const auto user = by_user_.find(connection.uid);
  if (--user->second == 0) by_user_.erase(user);
  connections_.erase(found);
}

void Door::close_idle() {
  const std::int64_t now = clock_.now().seconds;
  std::vector<std::uint64_t> late;
  for (const auto& [id, connection] : connections_) {
    // A clock that was set back gives everybody his time anew.
    if (connection->since > now) connection->since = now;
    if (connection->since != 0 && now - connection->since > limits_.idle.count()) {
      late.push_back(id);
    }
  }
  for (const std::uint64_t id : late) close(id);
  idle_timer_ = loop_.after(kLookAround, [this] { close_idle(); });
}

}  // namespace lbx::queue
