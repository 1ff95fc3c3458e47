// SPDX-License-Identifier: MIT
#include "service/tls_keeper.h"

#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/base/log.h"
#include "core/message/spool.h"
#include "core/wire/datagram.h"
#include "service/forked_process.h"

namespace lbx {
namespace {

constexpr std::uint64_t kFolders = 0;
constexpr std::uint64_t kSoon = 1;
constexpr std::uint32_t kChange = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF;

bool took_something(int fd) {
  std::array<char, 4096> room;  // NOLINT: that there is something is all that matters
  bool some = false;
  while (::read(fd, room.data(), room.size()) > 0) some = true;
  return some;
}

}  // namespace

Result<TlsKeeper> TlsKeeper::open(FileOps& files, TlsFiles names, std::string announcement,
                                  std::chrono::milliseconds settle) {
  Epoll events = LBX_TRY(Epoll::open());
  UniqueFd folders{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};  // without it: send() alone
  if (folders) LBX_TRY(events.watch(folders.get(), kFolders));
  Timer soon = LBX_TRY(Timer::stopped());
  LBX_TRY(events.watch(soon.fd(), kSoon));
  TlsKeeper keeper{files,
                   std::move(names),
                   std::move(announcement),
                   std::move(events),
                   std::move(folders),
                   std::move(soon),
                   settle};
  keeper.watch_folders();
  return keeper;
}

void TlsKeeper::watch_folders() const {
  for (const std::string& folder : folders_of(names_)) {
    static_cast<void>(::inotify_add_watch(folders_.get(), folder.c_str(), kChange));
  }
}

void TlsKeeper::look(int front) {
  if (took_something(folders_.get()) && !std::exchange(changed_, true)) {
    static_cast<void>(soon_.restart(settle_));
  }
  if (took_something(soon_.fd())) static_cast<void>(send(front));
}

Result<void> TlsKeeper::send(int front) {
  changed_ = false;
  if (front < 0) return {};  // the next one gets them at its start
  watch_folders();           // a folder may have been replaced, too
  static_cast<void>(LBX_TRY(start_sending(front)));
  return {};
}

Result<void> TlsKeeper::send_first(int front) const {
  const pid_t pid = LBX_TRY(start_sending(front));
  int status = 0;
  if (::waitpid(pid, &status, 0) == pid && status != 0) {
    return Error::later("no TLS with these certificates (control/tlscertificates)");
  }
  return {};
}

/// By a process of its own: we fork, and what we know every user's process would know.
Result<pid_t> TlsKeeper::start_sending(int front) const {
  const pid_t pid = ::fork();
  if (pid < 0) return Error::from_errno(errno, "fork");
  if (pid > 0) return pid;
  become_ordinary_child();
  run_and_exit("tls-unchanged", [&] { return read_and_send(front); });
}

/// Looks first whether the certificates are any good.
Result<void> TlsKeeper::read_and_send(int front) const {
  const TlsMaterial material = LBX_TRY(read_tls_material(*files_, names_));
  static_cast<void>(LBX_TRY(TlsServer::make(material)));
  const UniqueFd memory = LBX_TRY(sealed_memory(*files_, encode(material)));
  return wire::send_datagram(front, announcement_, memory.get(), wire::Wait::Yes);
}

}  // namespace lbx
