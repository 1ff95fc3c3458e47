// SPDX-License-Identifier: MIT
#include "service/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "core/wire/datagram.h"

namespace lbx {
namespace {

bool is_open(const UniqueFd& fd) {
  return ::fcntl(fd.get(), F_GETFD) >= 0;
}

TEST(ListenerTest, WhatIsWatchedStaysOpenForItsOwner) {
  const wire::SocketPair silent = wire::make_socket_pair().value();
  const wire::SocketPair ended = wire::make_socket_pair().value();
  const wire::SocketPair late = wire::make_socket_pair().value();
  ASSERT_TRUE(wire::send_datagram(ended.theirs.get(), "x", -1, wire::Wait::Yes));
  ASSERT_TRUE(wire::send_datagram(late.theirs.get(), "x", -1, wire::Wait::Yes));
  ListenerOptions options;
  options.threads = 1;
  options.watched.push_back({silent.ours.get(), [] { return true; }});
  options.watched.push_back({ended.ours.get(), [] { return false; }});  // ends it
  options.started = [&](ListenerLoop& loop) -> Result<void> {
    loop.watch({late.ours.get(), [] { return false; }});
    loop.watch({silent.theirs.get(), [] { return true; }});
    return {};
  };
  EXPECT_TRUE(serve({}, options, [](const Peer&) { return nullptr; }));
  for (const UniqueFd* each : {&silent.ours, &silent.theirs, &ended.ours, &late.ours}) {
    EXPECT_TRUE(is_open(*each));
  }
}

}  // namespace
}  // namespace lbx
