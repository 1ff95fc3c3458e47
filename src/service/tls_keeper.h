// SPDX-License-Identifier: MIT
// Certificates for a front that may open no file: who starts the front also sends it what TLS is
// made from, at the start and whenever the files have changed (the front's side: tls_follower.h).
// It promises:
//   - keys are in the memory of the front and, for a moment, of a process that reads them; never of
//     the one that forks users' processes;
//   - what makes no sense is said in the log (tls-unchanged) and not sent.
#pragma once

#include <chrono>
#include <string>

#include "core/base/epoll.h"
#include "core/base/result.h"
#include "core/base/timer.h"
#include "core/base/unique_fd.h"
#include "service/tls_files.h"

namespace lbx {

/// How long after a change the certificates are sent: many files change at once.
inline constexpr std::chrono::milliseconds kCertificatesSettle{1000};

/// Its process has one thread.
class TlsKeeper {
 public:
  /// `announcement`: the datagram that the front gets with the descriptor. `files` must outlive it.
  static Result<TlsKeeper> open(FileOps& files, TlsFiles names, std::string announcement,
                                std::chrono::milliseconds settle = kCertificatesSettle);

  /// The first certificates for `front`, a socket: an error where they are no good. Children must
  /// not be reaped by themselves yet.
  Result<void> send_first(int front) const;
  /// Those that there are now, where they are any good; nothing where `front` is -1.
  Result<void> send(int front);

  /// Readable when look() has something to do: the folders of the files have changed. The new
  /// certificates are sent a moment later.
  int descriptor() const { return events_.fd(); }
  void look(int front);

 private:
  TlsKeeper(FileOps& files, TlsFiles names, std::string announcement, Epoll events,
            UniqueFd folders, Timer soon, std::chrono::milliseconds settle)
      : files_{&files},
        names_{std::move(names)},
        announcement_{std::move(announcement)},
        events_{std::move(events)},
        folders_{std::move(folders)},
        soon_{std::move(soon)},
        settle_{settle} {}
  void watch_folders() const;
  Result<pid_t> start_sending(int front) const;
  Result<void> read_and_send(int front) const;

  FileOps* files_;
  TlsFiles names_;
  std::string announcement_;
  Epoll events_;      // of the two below
  UniqueFd folders_;  // inotify
  Timer soon_;
  std::chrono::milliseconds settle_;
  bool changed_{false};
};

}  // namespace lbx
