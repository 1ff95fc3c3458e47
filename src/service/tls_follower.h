// SPDX-License-Identifier: MIT
// The front's side of tls_keeper.h: what TLS is made from comes by a socket. It promises that what
// makes no sense is said in the log (tls-unchanged), and that what there was before stays.
#pragma once

#include <memory>

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/wire/datagram.h"
#include "service/tls.h"

namespace lbx {

/// Made from a descriptor that came so.
Result<std::shared_ptr<const TlsServer>> receive_tls(FileOps& files, int descriptor);

/// Where the socket is for certificates alone.
class TlsFollower {
 public:
  /// Waits for the first ones. No socket: there is no TLS. `files` must outlive it.
  static Result<TlsFollower> open(FileOps& files, UniqueFd socket);

  /// Those that came last and were any good; none: there is no TLS.
  std::shared_ptr<const TlsServer> now() const { return now_; }

  /// Readable when look() has something to do. That is false where the other side has gone.
  int descriptor() const { return socket_.get(); }
  bool look();

 private:
  TlsFollower(FileOps& files, UniqueFd socket) : files_{&files}, socket_{std::move(socket)} {}
  Result<void> take(wire::Wait wait);

  FileOps* files_;
  UniqueFd socket_;
  std::shared_ptr<const TlsServer> now_;
  bool gone_{false};
};

}  // namespace lbx
