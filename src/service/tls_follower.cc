// SPDX-License-Identifier: MIT
#include "service/tls_follower.h"

#include <utility>

#include "core/base/io.h"
#include "core/base/log.h"

namespace lbx {

Result<std::shared_ptr<const TlsServer>> receive_tls(FileOps& files, int descriptor) {
  const std::string text = LBX_TRY(read_whole(files, descriptor, kMaxTlsMaterial, "certificates"));
  const TlsMaterial material = LBX_TRY(parse_tls_material(text));
  return TlsServer::make(material);
}

Result<TlsFollower> TlsFollower::open(FileOps& files, UniqueFd socket) {
  TlsFollower follower{files, std::move(socket)};
  if (follower.socket_) LBX_TRY(follower.take(wire::Wait::Yes));
  return follower;
}

bool TlsFollower::look() {
  const Result<void> taken = take(wire::Wait::No);
  if (!taken) log("tls-unchanged", {{"why", taken.error().what}});
  return !gone_;
}

Result<void> TlsFollower::take(wire::Wait wait) {
  const wire::Datagram got = LBX_TRY(wire::receive_datagram(socket_.get(), wait));
  gone_ = got.bytes.empty();
  if (gone_) return Error::later("the first process has gone");
  now_ = LBX_TRY(receive_tls(*files_, got.descriptor.get()));
  return {};
}

}  // namespace lbx
