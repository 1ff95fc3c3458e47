// SPDX-License-Identifier: MIT
#include "service/tls_keeper.h"

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "core/base/io.h"
#include "core/wire/datagram.h"
#include "support/faulty_file_ops.h"
#include "support/scratch.h"
#include "support/test_identity.h"

namespace lbx {
namespace {

using testing::IsEmpty;
using wire::Wait;

constexpr std::chrono::milliseconds kAtOnce{1};
constexpr std::chrono::hours kNotInThisTest{1};
constexpr int kSent = 0;
constexpr int kNotSent = 1 << 8;  // as wait(2) tells an exit status of 1

/// Only the process that reads keys ever opens a file.
class DeadlyFileOps final : public PosixFileOps {
 public:
  bool kills{false};
  Result<UniqueFd> open_at(int dir, const std::string& path, int flags, mode_t mode) override {
    if (kills) ::raise(SIGKILL);
    return PosixFileOps::open_at(dir, path, flags, mode);
  }
};

class TlsKeeperTest : public testing::Test {
 protected:
  TlsKeeperTest() : front{wire::make_socket_pair().value()} {
    scratch.make_directory("tls");
    first = write("tls", "first.example");
  }

  TlsMaterial::Identity write(const std::string& folder, const std::string& name) const {
    const TlsMaterial::Identity made = testing_support::make_identity(name);
    scratch.write(folder + "/chain.pem", made.chain);
    scratch.write(folder + "/key.pem", made.key);
    return made;
  }
  void open(FileOps& ops, std::chrono::milliseconds settle) {
    auto opened = TlsKeeper::open(
        ops, {{{scratch.path("tls/chain.pem"), scratch.path("tls/key.pem")}}, ""}, "new", settle);
    ASSERT_TRUE(opened) << opened.error().what;
    keeper.emplace(std::move(opened).value());
  }
  bool has_to_look(int wait_ms = 0) const {
    pollfd asked{keeper->descriptor(), POLLIN, 0};
    return ::poll(&asked, 1, wait_ms) == 1;
  }
  int socket() const { return front.ours.get(); }
  /// The end of the process that reads and sends, as wait(2) has it; nothing: there is none.
  static std::optional<int> end_of_sending() {
    int status = 0;
    if (::waitpid(-1, &status, 0) < 0) return std::nullopt;
    return status;
  }
  /// What the loop does after a change.
  std::optional<int> look_until_sent() {
    for (;;) {
      if (!has_to_look(10'000)) return std::nullopt;
      keeper->look(socket());
      if (const std::optional<int> end = end_of_sending()) return end;
    }
  }
  /// What the front gets next; empty: nothing.
  std::vector<TlsMaterial::Identity> got() {
    const Result<wire::Datagram> datagram = wire::receive_datagram(front.theirs.get(), Wait::No);
    if (!datagram || datagram->bytes.empty()) return {};
    EXPECT_EQ(datagram->bytes, "new");
    const auto text = read_whole(files, datagram->descriptor.get(), kMaxTlsMaterial, "got");
    const auto material = parse_tls_material(text ? *text : "");
    return material ? material->identities : std::vector<TlsMaterial::Identity>{};
  }
  static std::vector<TlsMaterial::Identity> only(const TlsMaterial::Identity& identity) {
    return {identity};
  }

  testing_support::ScratchDirectory scratch;
  DeadlyFileOps files;
  wire::SocketPair front;
  TlsMaterial::Identity first;
  std::optional<TlsKeeper> keeper;
};

TEST_F(TlsKeeperTest, TheFrontGetsTheFirstCertificates) {
  open(files, kAtOnce);
  ASSERT_TRUE(keeper->send_first(socket()));
  EXPECT_EQ(got(), only(first));
  EXPECT_FALSE(has_to_look());
}

TEST_F(TlsKeeperTest, WhoeverForksReadsNoKey) {
  testing_support::FaultyFileOps ours;
  open(ours, kAtOnce);
  ASSERT_TRUE(keeper->send_first(socket()));
  EXPECT_THAT(ours.journal(), IsEmpty());
}

TEST_F(TlsKeeperTest, FirstCertificatesThatAreBrokenAreAnErrorAndNotSent) {
  scratch.write("tls/key.pem", testing_support::make_identity("other.example").key);
  open(files, kAtOnce);
  const Result<void> sent = keeper->send_first(socket());
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().retry, Retry::Later);
  EXPECT_THAT(got(), IsEmpty());
}

TEST_F(TlsKeeperTest, NewCertificatesAreSent) {
  open(files, kAtOnce);
  const TlsMaterial::Identity second = write("tls", "second.example");
  EXPECT_EQ(look_until_sent(), kSent);
  EXPECT_EQ(got(), only(second));
  EXPECT_FALSE(has_to_look());
}

TEST_F(TlsKeeperTest, OnesThatAreMovedInPlaceAreSent) {
  open(files, kAtOnce);
  scratch.make_directory("made");
  const TlsMaterial::Identity second = write("made", "second.example");
  for (const char* name : {"/chain.pem", "/key.pem"}) {
    boost::filesystem::rename(scratch.path("made") + name, scratch.path("tls") + name);
  }
  EXPECT_EQ(look_until_sent(), kSent);
  EXPECT_EQ(got(), only(second));
}

TEST_F(TlsKeeperTest, ChangesSettleBeforeTheyAreSent) {
  open(files, kNotInThisTest);
  for (const char* name : {"second.example", "third.example"}) {
    write("tls", name);
    ASSERT_TRUE(has_to_look());
    keeper->look(socket());
    EXPECT_FALSE(has_to_look());
  }
  EXPECT_EQ(end_of_sending(), std::nullopt);
  EXPECT_THAT(got(), IsEmpty());
}

TEST_F(TlsKeeperTest, ManyChangesAreSentOnce) {
  open(files, kAtOnce);
  for (int i = 0; i < 10; ++i) write("tls", "later.example");
  const TlsMaterial::Identity last = write("tls", "last.example");
  EXPECT_EQ(look_until_sent(), kSent);
  EXPECT_EQ(got(), only(last));
  EXPECT_FALSE(has_to_look());
  EXPECT_THAT(got(), IsEmpty());
}

TEST_F(TlsKeeperTest, BrokenOnesAreNotSentAndMendedOnesAre) {
  open(files, kAtOnce);
  scratch.write("tls/chain.pem", "no certificate");
  EXPECT_EQ(look_until_sent(), kNotSent);
  EXPECT_THAT(got(), IsEmpty());
  const TlsMaterial::Identity second = write("tls", "second.example");
  EXPECT_EQ(look_until_sent(), kSent);
  EXPECT_EQ(got(), only(second));
}

TEST_F(TlsKeeperTest, FilesThatAreMissingAreNotSent) {
  open(files, kAtOnce);
  boost::filesystem::remove(scratch.path("tls/key.pem"));
  ASSERT_TRUE(keeper->send(socket()));
  EXPECT_EQ(end_of_sending(), kNotSent);
  EXPECT_THAT(got(), IsEmpty());
}

TEST_F(TlsKeeperTest, WhoeverReadsThemMayDieAndTheNextOneSends) {
  open(files, kAtOnce);
  files.kills = true;
  EXPECT_FALSE(keeper->send_first(socket()));
  ASSERT_TRUE(keeper->send(socket()));
  EXPECT_EQ(end_of_sending(), SIGKILL);
  EXPECT_THAT(got(), IsEmpty());
  files.kills = false;
  ASSERT_TRUE(keeper->send(socket()));
  EXPECT_EQ(end_of_sending(), kSent);
  EXPECT_EQ(got(), only(first));
}

TEST_F(TlsKeeperTest, AFrontThatHasGoneGetsNothingAndTheNextOneWhatThereIsNow) {
  open(files, kAtOnce);
  front.theirs.reset();
  const TlsMaterial::Identity second = write("tls", "second.example");
  EXPECT_EQ(look_until_sent(), kNotSent);
  front = wire::make_socket_pair().value();
  ASSERT_TRUE(keeper->send(socket()));
  EXPECT_EQ(end_of_sending(), kSent);
  EXPECT_EQ(got(), only(second));
}

TEST_F(TlsKeeperTest, WithoutAFrontNothingIsRead) {
  open(files, kAtOnce);
  ASSERT_TRUE(keeper->send(-1));
  EXPECT_EQ(end_of_sending(), std::nullopt);
}

TEST_F(TlsKeeperTest, AFolderThatWasReplacedIsWatchedOnceItWasLookedAt) {
  scratch.make_directory("v1");
  boost::filesystem::remove_all(scratch.path("tls"));
  write("v1", "one.example");
  boost::filesystem::create_symlink("v1", scratch.path("tls"));
  open(files, kAtOnce);
  scratch.make_directory("v2");
  const TlsMaterial::Identity second = write("v2", "two.example");
  boost::filesystem::remove(scratch.path("tls"));
  boost::filesystem::create_symlink("v2", scratch.path("tls"));
  ASSERT_TRUE(keeper->send(socket()));  // SIGHUP says so
  EXPECT_EQ(end_of_sending(), kSent);
  EXPECT_EQ(got(), only(second));
  const TlsMaterial::Identity third = write("v2", "three.example");
  EXPECT_EQ(look_until_sent(), kSent);
  EXPECT_EQ(got(), only(third));
}

}  // namespace
}  // namespace lbx
