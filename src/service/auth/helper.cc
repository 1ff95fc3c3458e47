// SPDX-License-Identifier: MIT
#include "service/auth/helper.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/base/io.h"

namespace lbx::auth {
namespace {

constexpr int kCredentialsFd = 3;
constexpr std::size_t kMaxCredentials = std::size_t{32} * 1024;  // a pipe holds 64 KiB

struct ReportSocket {
  UniqueFd ours;
  UniqueFd theirs;
};

/// Datagrams, so that a report is whole or not there, and with the sender's credentials.
Result<ReportSocket> make_report_socket() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return Error::from_errno(errno, "socketpair");
  }
  ReportSocket made{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  const int on = 1;
  if (::setsockopt(made.ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) {
    return Error::from_errno(errno, "SO_PASSCRED");
  }
  return made;
}

/// What has been sent already; nothing where nothing has, or it is not to be believed.
std::optional<HelperReport> take_report(int socket) {
  std::string text(kMaxReport, '\0');
  iovec piece{text.data(), text.size()};
  struct alignas(cmsghdr) {
    std::array<char, CMSG_SPACE(sizeof(ucred))> octets;
  } control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.octets.data();
  header.msg_controllen = control.octets.size();
  const ssize_t got = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  const cmsghdr* const extra = got < 0 ? nullptr : CMSG_FIRSTHDR(&header);
  if (extra == nullptr || extra->cmsg_type != SCM_CREDENTIALS ||
      (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    return std::nullopt;
  }
  ucred sender{};
  std::memcpy(&sender, CMSG_DATA(extra), sizeof sender);
  text.resize(static_cast<std::size_t>(got));
  return HelperReport{std::move(text), sender.uid, sender.gid};
}

/// Ends the child where its time is over.
Result<ExitStatus> wait_in_time(Child child, std::chrono::milliseconds limit) {
  const UniqueFd ended{static_cast<int>(::syscall(SYS_pidfd_open, child.pid(), 0))};
  pollfd waiting{ended.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ended ? ::poll(&waiting, 1, static_cast<int>(limit.count())) : -1;
  } while (ready < 0 && ended && errno == EINTR);
  if (ready <= 0) ::kill(child.pid(), SIGKILL);
  const ExitStatus status = LBX_TRY(std::move(child).wait());
  if (ready <= 0) return Error::later("did not end in time");
  return status;
}

}  // namespace

Result<HelperResult> run_helper(const System& system, const HelperCall& call) {
  if (call.credentials.size() > kMaxCredentials) return Error::later("too much for a helper");
  Pipe pipe = LBX_TRY(make_pipe());
  LBX_TRY(write_all(system.files, pipe.write_end.get(), call.credentials));
  pipe.write_end.reset();
  ReportSocket report = LBX_TRY(make_report_socket());
  Command command{call.argv, system.environment, {{pipe.read_end.get(), kCredentialsFd}}};
  if (call.report_on) command.redirections.push_back({report.theirs.get(), *call.report_on});
  Child child = LBX_TRY(spawn(command));
  pipe.read_end.reset();
  report.theirs.reset();
  const ExitStatus status = LBX_TRY(wait_in_time(std::move(child), call.limit));
  return HelperResult{status, take_report(report.ours.get())};
}

}  // namespace lbx::auth
