// SPDX-License-Identifier: MIT
#include "core/wire/queue_door.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "core/wire/datagram.h"
#include "support/scratch.h"

namespace lbx::wire {
namespace {

using namespace std::string_literals;

Result<DoorEnvelope> read(const std::vector<std::string>& datagrams) {
  EnvelopeReader reader;
  for (const std::string& each : datagrams) {
    const bool last = LBX_TRY(reader.feed(each));
    if (last) return reader.take();
  }
  return Error::later("not finished");
}

DoorEnvelope example() {
  return {"s@x",
          "QQ314159",
          "HDRS",
          true,
          {{"a@b", "SUCCESS,DELAY", "rfc822;a@b"}, {"c@d"}, {"", "", "rfc822;e"}}};
}

TEST(EnvelopeReader, ReadsBackWhatIsWritten) {
  for (const DoorEnvelope& each :
       {example(), DoorEnvelope{}, DoorEnvelope{"s", "", "", true, {}}}) {
    const Result<DoorEnvelope> again = read(encode(each));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, each);
  }
}

TEST(EnvelopeReader, ALongEnvelopeIsSeveralDatagramsThatAreReadAsOne) {
  DoorEnvelope envelope{"s@x", "", "", false, {}};
  for (int i = 0; i < 10'000; ++i) {
    envelope.recipients.push_back({"user" + std::to_string(i) + "@x", "NEVER", "rfc822;o"});
  }
  const std::vector<std::string> datagrams = encode(envelope);
  EXPECT_GT(datagrams.size(), 10U);
  for (const std::string& each : datagrams) EXPECT_LE(each.size(), kMaxDatagram);
  EXPECT_EQ(*read(datagrams), envelope);
}

TEST(EnvelopeReader, IsReadyForAnotherOneAfterwards) {
  EnvelopeReader reader;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(*reader.feed(encode(example()).front()));
    EXPECT_EQ(reader.take(), example());
  }
}

TEST(EnvelopeReader, RefusesWhatIsNone) {
  for (const std::string& each :
       {""s, "E"s, "X"s, "EF"s, "EFs"s, "ETt\0"s, "EFs\0Fs\0"s, "EFs\0X\0"s, "EFs\0\0"s,
        "EFs\0Nx\0"s, "EFs\0Tt\0N\0"s, "EFs\0Tt\0Na\0Nb\0"s, "EFs\0Tt\0Oa\0Nb\0"s, "EFs\0Tt\0Vx\0"s,
        "EFs\0RFULL\0Vx\0"s, "EFs\0Rfull\0"s, "EFs\0Ux\0"s, "EFs\0U\0U\0"s, "EFs\0V\0"s}) {
    const Result<DoorEnvelope> envelope = read({each});
    ASSERT_FALSE(envelope) << each;
    EXPECT_EQ(envelope.error().retry, Retry::Never);
  }
  EXPECT_EQ(read({"MFs\0"s, "MTt\0"s}).error().what, "not finished");
}

TEST(EnvelopeReader, AddressesHaveALimit) {
  EXPECT_TRUE(read(encode({"s", "", "", false, {{std::string(kMaxDoorAddress, 'x')}}})));
  EXPECT_FALSE(read(encode({"s", "", "", false, {{std::string(kMaxDoorAddress + 1, 'x')}}})));
  EXPECT_FALSE(read(encode({std::string(kMaxDoorAddress + 1, 'x'), "", "", false, {}})));
  EXPECT_FALSE(read(encode({"s", std::string(kMaxDoorText + 1, 'x'), "", false, {}})));
}

TEST(EnvelopeReader, AnEnvelopeHasALimitThatCountsWhatItTakes) {
  static constexpr std::size_t kLimit = 100'000;
  EnvelopeReader reader{kLimit};
  ASSERT_TRUE(reader.feed("MFs\0"s));
  std::size_t fed = 0;
  while (reader.feed("MT\0"s)) fed += 3;
  EXPECT_LT(fed, kLimit / 20) << "empty addresses take room, too";
  EXPECT_GT(fed, kLimit / 100);
}

class QueueDoorTest : public testing::Test {
 protected:
  QueueDoorTest() : pair{make_socket_pair().value()}, door{std::move(pair.ours)} {}

  /// Answers the first datagram of each kind that ends a request.
  void answer(std::string text, int descriptor = -1) {
    server = std::thread{[this, text = std::move(text), descriptor] {
      for (;;) {
        const Result<Datagram> got = receive_datagram(pair.theirs.get(), Wait::Yes);
        if (!got || got->bytes.empty()) return;
        with_message = with_message || got->descriptor;
        if (got->bytes.front() != 'M') break;
      }
      if (text.empty()) return pair.theirs.reset();
      static_cast<void>(send_datagram(pair.theirs.get(), text, descriptor, Wait::Yes));
    }};
  }
  Result<std::int64_t> submit() {
    Result<std::int64_t> number = door.submit(example(), UniqueFd{::dup(scratch.fd())});
    server.join();
    return number;
  }

  testing_support::ScratchDirectory scratch;
  SocketPair pair;
  QueueDoor door;
  std::thread server;
  bool with_message{false};
};

TEST_F(QueueDoorTest, ASubmissionHasItsMessageAndGetsANumber) {
  answer("K77");
  EXPECT_EQ(*submit(), 77);
  EXPECT_TRUE(with_message);
}

TEST_F(QueueDoorTest, ARefusalIsTheQueuesOwnWords) {
  answer("Zdisk full (#4.3.1)");
  const Result<std::int64_t> later = submit();
  EXPECT_EQ(later.error().what, "disk full (#4.3.1)");
  EXPECT_EQ(later.error().retry, Retry::Later);
  EXPECT_EQ(later.error().os_error, 0);
  answer("Dno (#5.3.0)");
  EXPECT_EQ(submit().error().retry, Retry::Never);
}

TEST_F(QueueDoorTest, AnEndWithoutAnAnswerIsForLater) {
  answer("");
  const Result<std::int64_t> number = submit();
  EXPECT_EQ(number.error().retry, Retry::Later);
  EXPECT_NE(number.error().os_error, 0);
}

TEST_F(QueueDoorTest, NonsenseIsForLater) {
  for (const char* each : {"K", "Kx", "Q"}) {
    answer(each);
    EXPECT_EQ(submit().error().os_error, EPROTO) << each;
  }
}

TEST_F(QueueDoorTest, AFileForALargeMessageComesWithItsHead) {
  scratch.write("spool", "Received: x\n");
  const UniqueFd file{::open(scratch.path("spool").c_str(), O_RDWR)};
  answer("GReceived: x\n", file.get());
  const Result<QueueDoor::SpoolFile> spool = door.spool_file();
  server.join();
  ASSERT_TRUE(spool) << spool.error().what;
  EXPECT_EQ(spool->head, "Received: x\n");
  EXPECT_TRUE(spool->fd);
}

TEST_F(QueueDoorTest, WithoutAFileThereIsAReason) {
  answer("Zno room");
  EXPECT_EQ(door.spool_file().error().what, "no room");
  server.join();
  answer("G");
  EXPECT_EQ(door.spool_file().error().os_error, EPROTO);
  server.join();
}

TEST_F(QueueDoorTest, AChangeSaysHowManyRecipientsItChanged) {
  const std::vector<std::int64_t> ids{7, 8};
  answer("K1");
  EXPECT_EQ(*door.change("hold", "", ids), 1U);
  server.join();
  answer("Dnot yours");
  EXPECT_EQ(door.change("hold", "", ids).error().what, "not yours");
  server.join();
}

TEST_F(QueueDoorTest, CountersComeByName) {
  answer("Sdelivered=12\nbounced=1\n");
  EXPECT_EQ(*door.counters(), (std::vector<Counter>{{"delivered", 12}, {"bounced", 1}}));
  server.join();
  answer("Dnot yours");
  EXPECT_EQ(door.counters().error().what, "not yours");
  server.join();
}

TEST(QueueDoorConnection, NobodyThereHasAnErrorOfItsOwn) {
  const testing_support::ScratchDirectory scratch;
  EXPECT_EQ(QueueDoor::connect(scratch.path("sock")).error().os_error, ENOENT);
  const std::string deep = std::string(150, 'd');
  scratch.make_directory(deep);
  EXPECT_EQ(QueueDoor::connect(scratch.path(deep + "/sock")).error().os_error, ENOENT);
}

TEST(QueueDoorConnection, FindsADoorBehindALongPath) {
  const testing_support::ScratchDirectory scratch;
  const std::string deep = std::string(150, 'd');
  scratch.make_directory(deep);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, scratch.path("sock").c_str());  // NOLINT: it is short
  const UniqueFd listening{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  ASSERT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  ASSERT_EQ(::rename(scratch.path("sock").c_str(), scratch.path(deep + "/sock").c_str()), 0);
  EXPECT_TRUE(QueueDoor::connect(scratch.path(deep + "/sock")));
}

}  // namespace
}  // namespace lbx::wire
