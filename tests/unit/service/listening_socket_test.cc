// SPDX-License-Identifier: MIT
#include "service/listening_socket.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(ListeningSocket, NamesTheAddressItIsBoundTo) {
  const Result<ListeningSocket> tcp = listen_on("127.0.0.1:0");
  ASSERT_TRUE(tcp) << tcp.error().what;
  EXPECT_THAT(tcp->name, StartsWith("127.0.0.1:"));
  EXPECT_NE(tcp->name, "127.0.0.1:0");
}

TEST(ListeningSocket, RefusesWhatIsNoAddress) {
  for (const char* each :
       {"", "x", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "host:25", "unix:", "[::1:25"}) {
    EXPECT_FALSE(listen_on(each)) << each;
  }
  EXPECT_FALSE(listen_on("unix:/" + std::string(200, 'x')));
}

TEST(ListeningSocket, TakesThePlaceOfADeadServerAndNotOfALivingOne) {
  const testing_support::ScratchDirectory scratch;
  const std::string address = "unix:" + scratch.path("s");
  {
    const Result<ListeningSocket> first = listen_on(address);
    ASSERT_TRUE(first) << first.error().what;
    EXPECT_EQ(first->name, address);
    EXPECT_FALSE(listen_on(address));
  }
  EXPECT_TRUE(listen_on(address));
}

TEST(ListeningSocket, KnowsThePeerOfAUnixSocket) {
  const testing_support::ScratchDirectory scratch;
  const Result<ListeningSocket> server = listen_on("unix:" + scratch.path("s"));
  ASSERT_TRUE(server);
  const UniqueFd client{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strcpy(name.sun_path, scratch.path("s").c_str());                 // NOLINT: short enough
  const auto* const address = reinterpret_cast<const sockaddr*>(&name);  // NOLINT: connect(2)
  ASSERT_EQ(::connect(client.get(), address, sizeof name), 0);
  const UniqueFd accepted{::accept(server->fd.get(), nullptr, nullptr)};
  const std::optional<Peer> peer = peer_of(accepted.get());
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_THAT(peer->address, StartsWith("uid "));
  EXPECT_FALSE(peer_of(-1));
}

TEST(ListeningSocket, TakesSystemdsSocketsOnlyWhereTheyAreMeantForUs) {
  testing_support::TestSystem outside;
  EXPECT_TRUE(inherited_sockets(outside.system)->empty());
  outside.system.environment = {{"LISTEN_PID", "1"}, {"LISTEN_FDS", "1"}};
  EXPECT_TRUE(inherited_sockets(outside.system)->empty());
  outside.system.environment["LISTEN_PID"] = std::to_string(outside.system.pid);
  outside.system.environment["LISTEN_FDS"] = "100000";
  EXPECT_FALSE(inherited_sockets(outside.system));
}

}  // namespace
}  // namespace lbx
