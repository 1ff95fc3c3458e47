// SPDX-License-Identifier: MIT
#include "deliver/oracle_door.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/log.h"
#include "core/wire/datagram.h"
#include "core/wire/smtp_command.h"

namespace lbx::deliver {
namespace {

constexpr std::uint64_t kListening = 0;

}  // namespace

Question parse_question(std::string_view text) {
  static constexpr std::string_view kSize = " SIZE=";
  Question question;
  const std::size_t at = text.rfind(kSize);
  if (at != std::string_view::npos) {
    const auto size = ascii::parse_number(text.substr(at + kSize.size()));
    if (size) {
      question.order.size = *size;
      text = text.substr(0, at);
    }
  }
  const wire::Parsed<wire::RcptCommand> parsed =
      wire::parse_rcpt("TO:<" + std::string{text} + '>', true);
  if (const auto* wrong = std::get_if<wire::Reply>(&parsed)) {
    question.refusal = "no " + wrong->status + ' ' + wrong->text;
    return question;
  }
  const auto& mailbox = std::get<wire::RcptCommand>(parsed).recipient;
  question.order.local = mailbox.local;
  question.order.domain = mailbox.domain;
  return question;
}

std::string oracle_answer(const Answer& answer) {
  if (answer.verdict == Verdict::Done) return "yes";
  return (answer.verdict == Verdict::Never ? "no " : "later ") + answer.text;
}

Result<std::unique_ptr<OracleDoor>> OracleDoor::open(UniqueFd listening, Postmaster& postmaster,
                                                     Clock& clock,
                                                     std::function<bool(uid_t)> may_ask) {
  Epoll epoll = LBX_TRY(Epoll::open());
  LBX_TRY(epoll.watch(listening.get(), kListening));
  return std::unique_ptr<OracleDoor>{new OracleDoor{
      // NOLINT: the constructor is private
      std::move(listening), std::move(epoll), postmaster, clock, std::move(may_ask)}};
}

OracleDoor::OracleDoor(UniqueFd listening, Epoll epoll, Postmaster& postmaster, Clock& clock,
                       std::function<bool(uid_t)> may_ask)
    : listening_{std::move(listening)},
      epoll_{std::move(epoll)},
      postmaster_{postmaster},
      clock_{clock},
      may_ask_{std::move(may_ask)},
      alive_{std::make_shared<OracleDoor*>(this)} {}

OracleDoor::~OracleDoor() {
  *alive_ = nullptr;
}

void OracleDoor::serve() {
  const Result<Epoll::Ready> ready = epoll_.wait(0);
  if (!ready) return;
  for (const std::uint64_t id : *ready) {
    if (id == kListening) {
      accept_one();
    } else {
      take_question(id);
    }
  }
}

void OracleDoor::accept_one() {
  UniqueFd socket{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!socket) return;
  const Result<uid_t> uid = wire::peer_uid(socket.get());
  const bool welcome = uid && may_ask_(*uid);
  if (!welcome || clients_.size() >= kMaxOracleClients) {
    const std::string why = welcome ? "later 4.3.2 too many clients" : "later 4.7.1 not allowed";
    log("lookup-refused", {{"uid", uid ? std::to_string(*uid) : "?"}, {"why", why}});
    static_cast<void>(wire::send_datagram(socket.get(), why, -1, wire::Wait::No));
    return;
  }
  const std::uint64_t id = next_++;
  if (!epoll_.watch(socket.get(), id)) return;
  clients_[id].socket = std::move(socket);
}

/// A client whose question is under way is not listened to.
void OracleDoor::set_watched(std::uint64_t id, const Client& client, bool watched) const {
  static_cast<void>(epoll_.change(client.socket.get(), id,
                                  watched ? Epoll::Interest::Read : Epoll::Interest::None));
}

void OracleDoor::take_question(std::uint64_t id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  const Result<wire::Datagram> got = wire::receive_datagram(client.socket.get(), wire::Wait::No);
  if (!got && got.error().os_error == EAGAIN) return;
  if (!got || got->bytes.empty() || client.asking) {
    clients_.erase(found);
    return;
  }
  const std::int64_t now = clock_.now().seconds;
  if (std::exchange(client.second, now) != now) client.questions = 0;
  if (++client.questions > kMaxQuestionsPerSecond) {
    return answer(id, "later 4.7.0 too many questions");
  }
  const Question question = parse_question(got->bytes);
  if (!question.refusal.empty()) return answer(id, question.refusal);
  client.asking = true;
  set_watched(id, client, false);
  postmaster_.ask(question.order, nullptr, [id, alive = alive_](const Answer& said) {
    if (*alive != nullptr) (*alive)->answer(id, oracle_answer(said));
  });
}

void OracleDoor::answer(std::uint64_t id, const std::string& text) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  if (!wire::send_datagram(client.socket.get(), text, -1, wire::Wait::No)) {
    clients_.erase(found);  // whoever does not take answers asks no more
    return;
  }
  if (std::exchange(client.asking, false)) set_watched(id, client, true);
}

}  // namespace lbx::deliver
