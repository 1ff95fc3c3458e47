// SPDX-License-Identifier: MIT
#include "queue/door.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>

#include "core/wire/datagram.h"
#include "support/door_socket.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::queue {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing_support::listen_at;

UniqueFd message(const std::string& octets, bool sealed = true) {
  UniqueFd fd{::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  EXPECT_EQ(::write(fd.get(), octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  if (sealed) ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW);
  return fd;
}

class DoorTest : public testing::Test {
 protected:
  /// Serves while `client` runs in another thread.
  template <typename Client>
  void serve(DoorLimits limits, Client client) {
    loop = EventLoop::open().value();
    UniqueFd socket = listen_at(path);
    ASSERT_TRUE(socket);
    auto door = Door::open(*loop, system.clock, std::move(socket), limits, users, actions);
    ASSERT_TRUE(door) << door.error().what;
    std::thread other{[&] {
      client();
      loop->post([&] { loop->stop(); });
    }};
    EXPECT_TRUE(loop->run());
    other.join();
  }
  wire::QueueDoor connect() const { return wire::QueueDoor::connect(path).value(); }
  static std::string ask(int socket, std::string_view bytes, int fd = -1) {
    if (!wire::send_datagram(socket, bytes, fd, wire::Wait::Yes)) return "not sent";
    const Result<wire::Datagram> answer = wire::receive_datagram(socket, wire::Wait::Yes);
    return answer ? answer->bytes : "";
  }
  UniqueFd raw() const {
    UniqueFd socket{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::memcpy(static_cast<char*>(where.sun_path), path.c_str(), path.size() + 1);
    const auto* const address = reinterpret_cast<const sockaddr*>(&where);  // NOLINT: as above
    EXPECT_EQ(::connect(socket.get(), address, sizeof where), 0);
    return socket;
  }

  testing_support::TestSystem system;
  testing_support::ScratchDirectory scratch;
  std::string path{scratch.path("door")};
  std::unique_ptr<EventLoop> loop;
  DoorUsers users;
  std::vector<Submission> submitted;
  DoorActions actions{[this](Submission each, const DoorActions::Answer& answer) {
                        submitted.push_back(std::move(each));
                        loop->post([answer] { answer(17); });
                      },
                      [](const std::string& /*head*/) { return message("", false); },
                      [](const wire::ChangeRequest& request, const DoorActions::Answer& answer) {
                        answer(static_cast<std::int64_t>(request.recipients.size()));
                      },
                      [] { return std::string{"waiting=3\n"}; }};
};

TEST_F(DoorTest, ASubmissionSaysWhoItIsFromAsTheKernelKnows) {
  serve({}, [&] {
    wire::QueueDoor door = connect();
    for (int i = 0; i < 2; ++i) {
      const auto taken = door.submit({"s@x", "", "", false, {{"a@b", "", ""}}}, message("body"));
      ASSERT_TRUE(taken) << taken.error().what;
      EXPECT_EQ(*taken, 17);
    }
  });
  ASSERT_EQ(submitted.size(), 2U);
  EXPECT_EQ(submitted[0].uid, ::geteuid());
  EXPECT_EQ(submitted[0].pid, ::getpid());
  EXPECT_EQ(submitted[0].octets, "body");
  EXPECT_THAT(submitted[0].head,
              StartsWith("Received: (qmail " + std::to_string(::getpid()) + " invoked by uid "));
  EXPECT_EQ(submitted[0].envelope.sender, "s@x");
}

TEST_F(DoorTest, OnlyASealedMessageWithinTheLimitIsRead) {
  DoorLimits limits;
  limits.inline_octets = 10;
  serve(limits, [&] {
    wire::QueueDoor door = connect();
    EXPECT_FALSE(door.submit({"s@x", "", "", false, {}}, message("body", false)));
    EXPECT_FALSE(door.submit({"s@x", "", "", false, {}}, message("more than ten")));
    EXPECT_TRUE(door.submit({"s@x", "", "", false, {}}, message("body")));
  });
  EXPECT_EQ(submitted.size(), 1U);
}

TEST_F(DoorTest, ALargeMessageIsTheFileThatWasGivenAndNoOther) {
  serve({}, [&] {
    wire::QueueDoor door = connect();
    wire::QueueDoor::SpoolFile file = door.spool_file().value();
    EXPECT_THAT(file.head, StartsWith("Received: "));
    EXPECT_FALSE(door.submit({"s@x", "", "", false, {}}, message("other", false)));
    EXPECT_TRUE(door.submit({"s@x", "", "", false, {}}, std::move(file.fd)));
  });
  ASSERT_EQ(submitted.size(), 1U);
  EXPECT_TRUE(submitted[0].spool);
}

TEST_F(DoorTest, RecipientsBeyondTheLimitAreRefused) {
  DoorLimits limits;
  limits.recipients = 2;
  serve(limits, [&] {
    wire::QueueDoor door = connect();
    const wire::DoorRecipient someone{"a@b", "", ""};
    EXPECT_TRUE(door.submit({"s@x", "", "", false, {someone, someone}}, message("m")));
    const auto refused =
        door.submit({"s@x", "", "", false, {someone, someone, someone}}, message("m"));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().what, HasSubstr("too many recipients"));
  });
}

TEST_F(DoorTest, ConnectionsBeyondTheLimitAreToldSo) {
  DoorLimits limits;
  limits.connections = 2;
  limits.connections_per_user = 2;
  serve(limits, [&] {
    const UniqueFd first = raw();
    const UniqueFd second = raw();
    EXPECT_EQ(ask(first.get(), "S"), "Swaiting=3\n");
    EXPECT_EQ(ask(second.get(), "S"), "Swaiting=3\n");
    const UniqueFd third = raw();
    const auto told = wire::receive_datagram(third.get(), wire::Wait::Yes);
    ASSERT_TRUE(told);
    EXPECT_THAT(told->bytes, HasSubstr("too many connections"));
  });
}

TEST_F(DoorTest, EnvelopesThatDoNotEndHaveALimitTogether) {
  DoorLimits limits;
  limits.open_envelopes = 1000;
  serve(limits, [&] {
    const UniqueFd socket = raw();
    const std::string part = "M" + std::string{"Fs@x\0", 5} + "T" + std::string(600, 'x') + '\0';
    ASSERT_TRUE(wire::send_datagram(socket.get(), part, -1, wire::Wait::Yes));
    const std::string more = "MT" + std::string(600, 'x') + '\0';
    EXPECT_THAT(ask(socket.get(), more), StartsWith("Ztoo many envelopes"));
    const UniqueFd next = raw();
    EXPECT_EQ(ask(next.get(), "S"), "Swaiting=3\n");
  });
}

TEST_F(DoorTest, RecipientsCountWithTheMemoryThatTheyTake) {
  DoorLimits limits;
  limits.open_envelopes = 100 * sizeof(wire::DoorRecipient);
  serve(limits, [&] {
    const UniqueFd socket = raw();
    std::string part{"MFs@x\0", 6};
    for (int i = 0; i < 100; ++i) part += std::string{"T\0", 2};
    EXPECT_THAT(ask(socket.get(), part), StartsWith("Ztoo many envelopes"));
  });
}

TEST_F(DoorTest, EnvelopesThatWaitForAnAnswerCount) {
  DoorLimits limits;
  limits.open_envelopes = 3000;
  std::promise<DoorActions::Answer> asked;
  actions.submit = [&](const Submission& /*each*/, const DoorActions::Answer& answer) {
    asked.set_value(answer);
  };
  const std::string part = std::string{"EFs@x\0T", 7} + std::string(900, 'x') + '\0';
  const std::string two = part + 'T' + std::string(900, 'x') + '\0';
  serve(limits, [&] {
    const UniqueFd waits = raw();
    const UniqueFd text = message("m");
    ASSERT_TRUE(wire::send_datagram(waits.get(), two, text.get(), wire::Wait::Yes));
    const DoorActions::Answer answer = asked.get_future().get();
    const UniqueFd socket = raw();
    EXPECT_THAT(ask(socket.get(), two, text.get()), StartsWith("Ztoo many envelopes"));
    loop->post([answer] { answer(17); });
    EXPECT_EQ(wire::receive_datagram(waits.get(), wire::Wait::Yes).value().bytes, "K17");

    asked = {};
    const UniqueFd next = raw();
    ASSERT_TRUE(wire::send_datagram(next.get(), two, text.get(), wire::Wait::Yes));
    const DoorActions::Answer room = asked.get_future().get();
    loop->post([room] { room(18); });
    EXPECT_EQ(wire::receive_datagram(next.get(), wire::Wait::Yes).value().bytes, "K18");
  });
}

TEST_F(DoorTest, WhatIsNoWordOfOursEndsTheConnection) {
  serve({}, [&] {
    for (const std::string_view bytes : {"X", "K17", "Z"}) {
      const UniqueFd socket = raw();
      EXPECT_EQ(ask(socket.get(), bytes), "");
    }
    const UniqueFd socket = raw();
    EXPECT_THAT(ask(socket.get(), "Ewhat"), StartsWith("D"));
  });
  EXPECT_TRUE(submitted.empty());
}

TEST_F(DoorTest, OnlyMastersChangeTheQueue) {
  const std::vector<std::int64_t> ids{1, 2};
  const std::string change = wire::encode_change("hold", "", ids).front();
  serve({}, [&] {
    const UniqueFd socket = raw();
    EXPECT_EQ(ask(socket.get(), change),
              ::geteuid() == 0 ? "K2" : "Donly root and the queue's own users may do that");
  });
  scratch.make_directory("another");
  path = scratch.path("another/door");
  users.masters.insert(::geteuid());
  serve({}, [&] {
    const UniqueFd socket = raw();
    EXPECT_EQ(ask(socket.get(), change), "K2");
  });
}

TEST_F(DoorTest, AnAnswerAtOnceToWhoHasGoneHarmsNobody) {
  users.masters.insert(::geteuid());
  const std::vector<std::int64_t> ids{1, 2};
  const std::string change = wire::encode_change("hold", "", ids).front();
  serve({}, [&] {
    std::promise<void> sent;
    loop->post([&] { sent.get_future().wait(); });
    for (int i = 0; i < 5; ++i) {
      const UniqueFd socket = raw();
      EXPECT_TRUE(wire::send_datagram(socket.get(), change, -1, wire::Wait::Yes));
    }
    sent.set_value();
    const UniqueFd socket = raw();
    EXPECT_EQ(ask(socket.get(), change), "K2");
  });
}

TEST(ReceivedLineTest, SaysWhoBroughtIt) {
  const KnownUsers users{7, {8, 9}};
  EXPECT_EQ(invoker_of(users, 7), "by alias");
  EXPECT_EQ(invoker_of(users, 9), "from network");
  EXPECT_EQ(invoker_of(users, 1000), "by uid 1000");
  EXPECT_EQ(received_line(kForBounce, 77, 0),
            "Received: (qmail 77 invoked for bounce); 1 Jan 1970 00:00:00 -0000\n");
}

}  // namespace
}  // namespace lbx::queue
