// SPDX-License-Identifier: MIT
#include "remote/remote_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/base/mail_home.h"
#include "core/base/supervised.h"
#include "core/control/settings.h"
#include "core/message/spool.h"
#include "core/wire/datagram_workers.h"
#include "remote/reports.h"

namespace lbx::remote {
namespace {

using wire::Answer;
using wire::RemoteOrder;
using wire::RemoteRecipient;
using wire::Verdict;

constexpr const char* kOurProgram = "bin/qmail-remote";
constexpr const char* kNotRun = "Unable to run qmail-remote.\n";

std::vector<Answer> later(std::size_t count, const std::string& why) {
  return std::vector<Answer>(count, Answer{Verdict::Later, why});
}

}  // namespace

Result<RemoteLimits> read_limits(const control::ControlDirectory& control) {
  const std::uint64_t at_once = LBX_TRY(control.get(control::kConcurrencyRemote));
  const std::uint64_t time = LBX_TRY(control.get(control::kRemoteTime));
  return RemoteLimits{std::max(static_cast<unsigned>(at_once), 1U), std::chrono::seconds{time}};
}

RemoteProcess::RemoteProcess(System& system, RemoteLimits limits, int socket)
    : system_{system},
      limits_{limits},
      socket_{socket},
      program_{lookup(system.environment, "QMAILREMOTE").value_or(kOurProgram)},
      one_at_a_time_{system.environment.contains("QMAILREMOTE")} {}

Result<void> RemoteProcess::run() {
  if (::geteuid() == 0) return Error::later("will not send mail as root");
  wire::DatagramWorkers{socket_, limits_.at_once,
                        [this](const wire::Datagram& each) { handle(each); }}
      .run();
  return {};
}

void RemoteProcess::handle(const wire::Datagram& datagram) const {
  const Result<RemoteOrder> order = wire::decode_remote_order(datagram.bytes);
  if (!order) return log("bad-order", {{"why", order.error().what}});
  const std::span<const RemoteRecipient> all{order->recipients};
  const int message = datagram.descriptor.get();
  if (!one_at_a_time_) return send(*order, all, message);
  for (std::size_t i = 0; i < all.size(); ++i) send(*order, all.subspan(i, 1), message);
}

void RemoteProcess::send(const RemoteOrder& order, std::span<const RemoteRecipient> recipients,
                         int message) const {
  const std::vector<Answer> answers = try_to_send(order, recipients, message);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    // Whoever asked may have gone: then nobody is told, and the queue tries again.
    static_cast<void>(wire::send_datagram(socket_, wire::encode(recipients[i].number, answers[i]),
                                          -1, wire::Wait::Yes));
  }
}

std::vector<Answer> RemoteProcess::try_to_send(const RemoteOrder& order,
                                               std::span<const RemoteRecipient> recipients,
                                               int message) const {
  const std::size_t count = recipients.size();
  if (message < 0) return later(count, "an order without a message (#4.3.0)\n");
  const Result<UniqueFd> home =
      system_.files.open_at(AT_FDCWD, mail_home(system_.environment), O_PATH | O_DIRECTORY);
  if (!home || !rewind(message)) return later(count, kNotRun);

  Command command{{program_, order.host, order.sender}, system_.environment};
  for (const RemoteRecipient& each : recipients) command.argv.push_back(each.address);
  command.redirections = {{message, STDIN_FILENO}};
  command.directory = home->get();

  std::string said;
  const Result<Supervised> ended =
      run_supervised(system_.files, std::move(command), limits_.time, [&](std::string_view more) {
        said += more.substr(0, kMaxRemoteOutput - std::min(said.size(), kMaxRemoteOutput));
      });
  if (!ended) return later(count, kNotRun);
  if (ended->timed_out) return later(count, "qmail-remote ran for too long. (#4.4.7)\n");
  return remote_answers(ended->status, said, count);
}

}  // namespace lbx::remote
