// SPDX-License-Identifier: MIT
#include "service/pop3/spawner.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/signals.h"
#include "core/base/user.h"
#include "core/wire/datagram.h"
#include "service/forked_process.h"

namespace lbx::pop3 {
namespace {

using pop3d::Refusal;

/// What an event is about; a session's process from kFirstProcess on.
constexpr std::uint64_t kSignals = 0;
constexpr std::uint64_t kCertificates = 1;
constexpr std::uint64_t kAuth = 2;
constexpr std::uint64_t kFront = 3;
constexpr std::uint64_t kFirstProcess = 4;

constexpr int kDatagramsAtOnce = 64;
constexpr int kTickMs = 1000;
/// Reports that a front has not taken; one that takes none of so many is broken.
constexpr std::size_t kMaxUnsent = 100'000;

}  // namespace

Spawner::Spawner(FileOps& files, SpawnerLimits limits, SpawnerParts parts)
    : files_{files}, limits_{limits}, parts_{std::move(parts)} {}

Spawner::~Spawner() = default;

Result<void> Spawner::start() {
  LBX_TRY(prepare());
  LBX_TRY(start_front());
  // From here on the kernel reaps; that a child has ended shows on its socket.
  static_cast<void>(std::signal(SIGCHLD, SIG_IGN));
  return {};
}

Result<void> Spawner::prepare() {
  signals_ = LBX_TRY(open_signals({SIGTERM, SIGINT, SIGHUP, SIGUSR1}));
  epoll_ = LBX_TRY(Epoll::open());
  LBX_TRY(epoll_.watch(signals_.get(), kSignals));
  if (!parts_.tls) return {};
  tls_.emplace(LBX_TRY(TlsKeeper::open(files_, *parts_.tls, encode(SpawnerMessage{NewTls{}}))));
  return epoll_.watch(tls_->descriptor(), kCertificates);
}

Result<void> Spawner::start_front() {
  wire::SocketPair pair = LBX_TRY(wire::make_socket_pair());
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) {
    become_ordinary_child();
    std::vector<int> keep = parts_.front_descriptors;
    keep.push_back(pair.theirs.get());
    close_all_but(keep);
    run_and_exit("front", [&] { return parts_.front_main(pair.theirs.get()); });
  }
  front_socket_ = std::move(pair.ours);
  front_waits_ = false;
  ++front_;
  LBX_TRY(epoll_.watch(front_socket_.get(), kFront));
  if (tls_) {
    const int front = front_socket_.get();
    LBX_TRY(front_ == 1 ? tls_->send_first(front) : tls_->send(front));
  }
  connect_to_auth();
  if (!auth_wanted_) return {};
  return wire::send_datagram(front_socket_.get(), encode(SpawnerMessage{NewAuth{}}), -1,
                             wire::Wait::No);  // that there is none
}

Result<void> Spawner::serve() {
  serving_ = true;
  now_ = monotonic_seconds();
  while (serving_) {
    const Epoll::Ready ready = LBX_TRY(epoll_.wait(kTickMs));
    const std::int64_t before = std::exchange(now_, monotonic_seconds());
    for (const std::uint64_t id : ready) {
      if (serving_) dispatch(id);
    }
    if (now_ != before) look_at_the_clock();
  }
  return {};
}

void Spawner::dispatch(std::uint64_t id) {
  switch (id) {
    case kSignals:
      return take_signals();
    case kCertificates:
      return tls_->look(front_socket_.get());
    case kAuth:
      return take_auth_replies();
    case kFront:
      flush_front();
      return take_front_messages();
    default:
      return take_reports(id);
  }
}

void Spawner::take_signals() {
  while (const int signal = next_signal(signals_.get())) {
    if (signal == SIGUSR1) {
      log_counters();
    } else if (signal == SIGHUP) {
      if (tls_) static_cast<void>(tls_->send(front_socket_.get()));
    } else {
      serving_ = false;  // every other process sees its socket closed
    }
  }
}

void Spawner::take_front_messages() {
  for (int i = 0; i < kDatagramsAtOnce && front_socket_; ++i) {
    Result<wire::Datagram> got = wire::receive_datagram(front_socket_.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    if (!got || got->bytes.empty()) return front_is_gone();
    Result<FrontMessage> message = parse_front_message(got->bytes);
    if (!message) {
      log("front-nonsense", {{"why", message.error().what}});
      return front_is_gone();
    }
    if (auto* const order = std::get_if<HandoverOrder>(&*message)) {
      take_order(std::move(*order), std::move(got->descriptor));
    } else {
      auth_wanted_ = true;
    }
  }
}

/// Sessions over TLS have gone with it. A new one is started, but not in a loop.
void Spawner::front_is_gone() {
  front_socket_.reset();
  unsent_.clear();
  if (parts_.one_connection) {
    serving_ = false;
    return;
  }
  log("front-gone", {});
  front_wanted_ = true;
}

void Spawner::take_order(HandoverOrder order, UniqueFd connection) {
  const Refused later{order.number, Refusal::Later};
  if (!connection) return answer(front_, later);
  if (!auth_) connect_to_auth();
  if (!auth_) return answer(front_, later);
  const auth::ExchangeId id = auth_->next_id();
  if (!auth_->send(auth::RedeemRequest{id, order.ticket})) {
    answer(front_, later);
    return auth_is_lost();
  }
  pending_.emplace(id, Pending{std::move(order), std::move(connection), front_});
}

/// For ourselves where we have none, and for the front where it has none.
void Spawner::connect_to_auth() {
  Result<UniqueFd> for_front = parts_.connect_auth();
  auth_wanted_ = !for_front;
  if (!for_front) return;
  if (front_socket_ && !wire::send_datagram(front_socket_.get(), encode(SpawnerMessage{NewAuth{}}),
                                            for_front->get(), wire::Wait::No)) {
    auth_wanted_ = true;
  }
  if (auth_) return;
  Result<UniqueFd> ours = parts_.connect_auth();
  if (!ours) return;
  auth_.emplace(std::move(ours).value());
  if (!epoll_.watch(auth_->fd(), kAuth)) auth_.reset();
}

void Spawner::take_auth_replies() {
  while (auth_) {
    const Result<std::optional<auth::Reply>> got = auth_->receive();
    if (!got) return auth_is_lost();
    if (!*got) return;
    auto found = pending_.extract(id_of(**got));
    if (found.empty()) continue;
    Pending& pending = found.mapped();
    if (const auto* const success = std::get_if<auth::SuccessReply>(&**got)) {
      open(std::move(pending), success->account);
    } else {
      log("bad-ticket", {{"from", pending.order.address}});
      answer(pending.front, Refused{pending.order.number, Refusal::Later});
    }
  }
}

void Spawner::auth_is_lost() {
  auth_.reset();
  for (const auto& [id, pending] : std::exchange(pending_, {})) {
    answer(pending.front, Refused{pending.order.number, Refusal::Later});
  }
}

std::optional<Refusal> Spawner::refusal_for(const auth::Account& account) const {
  const uid_t uid = account.owner ? account.owner->uid : ::geteuid();
  const bool possible = uid != 0 && (::geteuid() == 0 || ::geteuid() == uid);
  if (!possible) {
    log("no-user", {{"user", account.name}, {"uid", std::to_string(uid)}});
    return Refusal::Permanent;
  }
  const auto open = of_account_.find(account.name);
  const bool many = open != of_account_.end() && open->second >= limits_.sessions_per_account;
  return many ? std::optional{Refusal::Later} : std::nullopt;
}

void Spawner::open(Pending pending, const auth::Account& account) {
  HandoverOrder& order = pending.order;
  std::optional<Refusal> refusal = refusal_for(account);
  if (refusal) {
    ++counters_.refused;
    log("login-refused", {{"user", account.name}, {"from", order.address}});
    return answer(pending.front, Refused{order.number, *refusal});
  }
  const Key key{account.owner ? account.owner->uid : ::geteuid(),
                account.owner ? account.owner->gid : ::getegid(), account.maildir};
  const Result<std::uint64_t> id = process_for(key);
  const SessionNumber number = ++last_session_;
  const Result<void> sent =
      id ? wire::send_datagram(processes_.at(*id).socket.get(),
                               encode(OpenOrder{number, std::move(order.inheritance)}),
                               pending.connection.get(), wire::Wait::No)
         : Result<void>{id.error()};
  if (!sent) {
    log("no-session", {{"user", account.name}, {"why", sent.error().what}});
    return answer(pending.front, Refused{order.number, Refusal::Later});
  }
  ++processes_.at(*id).sessions;
  ++of_account_[account.name];
  sessions_.emplace(number, Session{order.number, pending.front, account.name, order.address,
                                    order.tls, order.mechanism, now_, *id});
}

Result<std::uint64_t> Spawner::process_for(const Key& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) return found->second;
  if (processes_.size() >= limits_.processes && !make_room()) {
    return Error::later("too many processes (control/pop3processes)");
  }
  wire::SocketPair pair = LBX_TRY(wire::make_socket_pair());
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid == 0) be_process(key, pair.theirs.get());
  const std::uint64_t id = kFirstProcess + last_process_++;
  LBX_TRY(epoll_.watch(pair.ours.get(), id));
  processes_[id] = {key, std::move(pair.ours), 0, now_, false};
  by_key_[key] = id;
  return id;
}

/// Ends a process that has no session, if there is one.
bool Spawner::make_room() {
  for (const auto& [id, process] : processes_) {
    if (process.sessions > 0) continue;
    process_is_gone(id);
    return true;
  }
  return false;
}

void Spawner::be_process(const Key& key, int socket) const {
  become_ordinary_child();
  close_all_but({socket});
  ::umask(077);
  run_and_exit("session-process", [&]() -> Result<void> {
    const auto& [uid, gid, maildir] = key;
    LBX_TRY(become_user(uid, gid));
    return parts_.session_main(maildir, socket);
  });
}

void Spawner::take_reports(std::uint64_t id) {
  for (int i = 0; i < kDatagramsAtOnce; ++i) {
    const auto found = processes_.find(id);
    if (found == processes_.end()) return;
    const Result<wire::Datagram> got =
        wire::receive_datagram(found->second.socket.get(), wire::Wait::No);
    if (!got && got.error().os_error == EAGAIN) return;
    if (!got || got->bytes.empty()) return process_is_gone(id);
    const Result<SpawnerMessage> message = parse_spawner_message(got->bytes);
    if (!message || !std::holds_alternative<Report>(*message)) return process_is_gone(id);
    take_report(id, std::get<Report>(*message));
  }
}

void Spawner::take_report(std::uint64_t process, const Report& report) {
  const SessionNumber number = std::visit([](const auto& each) { return each.number; }, report);
  const auto found = sessions_.find(number);
  // Nobody speaks of others' sessions.
  if (found == sessions_.end() || found->second.process != process) return;
  const Session& session = found->second;
  if (std::holds_alternative<Taken>(report)) {
    ++counters_.logins;
    return answer(session.front, Taken{session.number});
  }
  const auto* const refused = std::get_if<Refused>(&report);
  if (refused != nullptr && refused->refusal == Refusal::Later) {
    Process& failed = processes_.at(process);
    const auto current = by_key_.find(failed.key);
    if (current != by_key_.end() && current->second == process) by_key_.erase(current);
    failed.retiring = true;  // another Maildir may stand at its path by now
  }
  end_session(number, report);
}

/// `report`: Refused or Over.
void Spawner::end_session(SessionNumber number, const Report& report) {
  const Session session = std::move(sessions_.extract(number).mapped());
  const auto count = of_account_.find(session.account);
  if (--count->second == 0) of_account_.erase(count);
  if (const auto process = processes_.find(session.process); process != processes_.end()) {
    --process->second.sessions;
    process->second.idle_since = now_;
  }
  if (const auto* const over = std::get_if<Over>(&report)) {
    log_session(session, *over);
    pop3d::Tally& sum = counters_.tally;
    sum.retrieved += over->tally.retrieved;
    sum.tops += over->tally.tops;
    sum.octets += over->tally.octets;
    sum.removed += over->tally.removed;
    sum.not_removed += over->tally.not_removed;
    return answer(session.front, Over{session.number, over->ending, {}});
  }
  const Refusal refusal = std::get<Refused>(report).refusal;
  ++counters_.refused;
  answer(session.front, Refused{session.number, refusal});
}

/// Its socket is closed, or shall be. What it has not said, nobody knows.
void Spawner::process_is_gone(std::uint64_t id) {
  auto gone = processes_.extract(id);
  if (gone.empty()) return;
  const auto current = by_key_.find(gone.mapped().key);
  if (current != by_key_.end() && current->second == id) by_key_.erase(current);
  std::vector<SessionNumber> lost;
  for (const auto& [number, session] : sessions_) {
    if (session.process == id) lost.push_back(number);
  }
  for (const SessionNumber each : lost) end_session(each, Over{each, Ending::Failed, {}});
}

void Spawner::answer(std::uint64_t front, const Report& report) {
  if (front != front_ || !front_socket_) return;
  unsent_.push_back(encode(SpawnerMessage{report}));
  if (unsent_.size() > kMaxUnsent) return front_is_gone();
  if (unsent_.size() == 1) flush_front();
}

/// What it does not take now, it gets when it does.
void Spawner::flush_front() {
  while (front_socket_ && !unsent_.empty()) {
    const Result<void> sent =
        wire::send_datagram(front_socket_.get(), unsent_.front(), -1, wire::Wait::No);
    if (!sent && sent.error().os_error != EAGAIN) return;  // its end shows when we read
    if (!sent) break;
    unsent_.pop_front();
  }
  const bool waits = !unsent_.empty();
  if (!front_socket_ || waits == front_waits_) return;
  front_waits_ = waits;
  const auto interest = waits ? Epoll::Interest::ReadAndWrite : Epoll::Interest::Read;
  static_cast<void>(epoll_.change(front_socket_.get(), kFront, interest));
}

void Spawner::look_at_the_clock() {
  if (front_wanted_) {
    front_wanted_ = false;
    const Result<void> started = start_front();
    if (!started) log("front", {{"why", started.error().what}});
  }
  if (auth_wanted_) connect_to_auth();
  if (auth_ && !auth_->flush()) auth_is_lost();
  std::vector<std::uint64_t> idle;
  for (const auto& [id, process] : processes_) {
    const bool lingers = now_ - process.idle_since < limits_.linger.count() && !process.retiring;
    if (process.sessions == 0 && !lingers) idle.push_back(id);
  }
  for (const std::uint64_t id : idle) process_is_gone(id);
}

void Spawner::log_session(const Session& session, const Over& over) const {
  const pop3d::Tally& tally = over.tally;
  log("session", {{"user", session.account},
                  {"from", session.address},
                  {"tls", session.tls.empty() ? "no" : session.tls},
                  {"mechanism", session.mechanism},
                  {"retr", std::to_string(tally.retrieved)},
                  {"top", std::to_string(tally.tops)},
                  {"octets", std::to_string(tally.octets)},
                  {"removed", std::to_string(tally.removed)},
                  {"left", std::to_string(tally.not_removed)},
                  {"seconds", std::to_string(now_ - session.since)},
                  {"end", std::string{name_of(over.ending)}}});
}

void Spawner::log_counters() const {
  const pop3d::Tally& tally = counters_.tally;
  log("counters", {{"sessions", std::to_string(sessions_.size())},
                   {"processes", std::to_string(processes_.size())},
                   {"logins", std::to_string(counters_.logins)},
                   {"refused", std::to_string(counters_.refused)},
                   {"retr", std::to_string(tally.retrieved)},
                   {"top", std::to_string(tally.tops)},
                   {"octets", std::to_string(tally.octets)},
                   {"removed", std::to_string(tally.removed)},
                   {"left", std::to_string(tally.not_removed)}});
}

}  // namespace lbx::pop3
