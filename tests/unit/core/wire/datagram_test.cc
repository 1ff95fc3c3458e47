// SPDX-License-Identifier: MIT
#include "core/wire/datagram.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/process.h"

namespace lbx::wire {
namespace {

TEST(Datagram, CarriesOctetsAndADescriptor) {
  Result<SocketPair> pair = make_socket_pair();
  ASSERT_TRUE(pair) << pair.error().what;
  Result<Pipe> pipe = make_pipe();
  ASSERT_TRUE(pipe);
  using namespace std::string_literals;
  ASSERT_TRUE(send_datagram(pair->ours.get(), "a\0b"s, pipe->write_end.get(), Wait::Yes));
  ASSERT_TRUE(send_datagram(pair->ours.get(), "c", -1, Wait::Yes));

  Result<Datagram> first = receive_datagram(pair->theirs.get(), Wait::Yes);
  ASSERT_TRUE(first) << first.error().what;
  EXPECT_EQ(first->bytes, "a\0b"s);
  ASSERT_EQ(::write(first->descriptor.get(), "x", 1), 1);
  char got = 0;
  EXPECT_EQ(::read(pipe->read_end.get(), &got, 1), 1);
  EXPECT_EQ(got, 'x');

  Result<Datagram> second = receive_datagram(pair->theirs.get(), Wait::Yes);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->bytes, "c");
  EXPECT_FALSE(second->descriptor);
}

TEST(Datagram, TellsWhenItWouldWaitAndWhenTheOtherSideHasGone) {
  Result<SocketPair> pair = make_socket_pair();
  ASSERT_TRUE(pair);
  const Result<Datagram> none = receive_datagram(pair->ours.get(), Wait::No);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().os_error, EAGAIN);
  pair->theirs.reset();
  const Result<Datagram> gone = receive_datagram(pair->ours.get(), Wait::Yes);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->bytes, "");
  const Result<void> sent = send_datagram(pair->ours.get(), "x", -1, Wait::Yes);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().os_error, EPIPE);
}

TEST(Datagram, TooLongIsAnErrorAndKeepsNoDescriptor) {
  Result<SocketPair> pair = make_socket_pair();
  ASSERT_TRUE(pair);
  ASSERT_TRUE(send_datagram(pair->ours.get(), std::string(kMaxDatagram + 1, 'x'), -1, Wait::Yes));
  EXPECT_FALSE(receive_datagram(pair->theirs.get(), Wait::Yes));
}

TEST(Datagram, OfSeveralDescriptorsOnlyOneComesIn) {
  Result<SocketPair> pair = make_socket_pair();
  Result<Pipe> pipe = make_pipe();
  ASSERT_TRUE(pair && pipe);
  const std::array<int, 2> sent{pipe->write_end.get(), pipe->write_end.get()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof sent)> control{};
  char octet = 'x';
  iovec piece{&octet, 1};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof sent);
  std::memcpy(CMSG_DATA(rights), sent.data(), sizeof sent);
  ASSERT_EQ(::sendmsg(pair->ours.get(), &header, 0), 1);

  EXPECT_TRUE(receive_datagram(pair->theirs.get(), Wait::Yes));
  pipe->write_end.reset();
  ASSERT_EQ(::fcntl(pipe->read_end.get(), F_SETFL, O_NONBLOCK), 0);
  char got = 0;
  EXPECT_EQ(::read(pipe->read_end.get(), &got, 1), 0) << "somebody still has the writing end";
}

TEST(Datagram, KnowsThePeer) {
  Result<SocketPair> pair = make_socket_pair();
  ASSERT_TRUE(pair);
  const Result<uid_t> uid = peer_uid(pair->ours.get());
  ASSERT_TRUE(uid);
  EXPECT_EQ(*uid, ::geteuid());
}

}  // namespace
}  // namespace lbx::wire
