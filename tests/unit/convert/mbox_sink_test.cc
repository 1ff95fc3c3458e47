// SPDX-License-Identifier: MIT
#include "convert/mbox_sink.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <cstdio>

#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr const char* kWritten = "From MAILER-DAEMON Thu Jan 01 00:00:01 1970\nA: 1\n\nx\n\n";

Result<void> write(TestSystem& outside, FakeLockOps& locks, const std::string& path, bool append) {
  MboxSink::Options options;
  options.append = append;
  MboxSink sink = LBX_TRY(MboxSink::open(outside.system, locks, path, options));
  LBX_TRY(sink.add({{}, Instant{1, 0}, [](const ChunkSink& to) { return to("A: 1\n\nx\n"); }}));
  return sink.finish();
}

class MboxSinkTest : public testing::Test {
 protected:
  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  std::string mbox{scratch.path("mbox")};
};

TEST_F(MboxSinkTest, ANewMboxAppearsComplete) {
  ASSERT_TRUE(write(outside, locks, mbox, false));
  EXPECT_EQ(scratch.read("mbox"), kWritten);
  EXPECT_THAT(scratch.names(""), ElementsAre("mbox"));
}

TEST_F(MboxSinkTest, AnExistingOneIsLeftAloneUnlessAsked) {
  scratch.write("mbox", "old");
  const Result<void> written = write(outside, locks, mbox, false);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().retry, Retry::Never);
  EXPECT_EQ(scratch.read("mbox"), "old");
  ASSERT_TRUE(write(outside, locks, mbox, true));
  EXPECT_EQ(scratch.read("mbox"), std::string{"old\n\n"} + kWritten);
  EXPECT_THAT(scratch.names(""), ElementsAre("mbox"));
}

TEST_F(MboxSinkTest, ALockThatStaysIsAnErrorAndChangesNothing) {
  scratch.write("mbox", "old\n");
  locks.free = false;
  EXPECT_FALSE(write(outside, locks, mbox, true));
  EXPECT_EQ(scratch.read("mbox"), "old\n");
}

TEST_F(MboxSinkTest, OneThatWasReplacedWhileItsLockWasWaitedForIsLeftAlone) {
  scratch.write("mbox", "old\n");
  locks.on_lock = [this] {
    scratch.write("next", "next\n");
    ASSERT_EQ(::renameat(scratch.fd(), "next", scratch.fd(), "mbox"), 0);
  };
  const Result<void> written = write(outside, locks, mbox, true);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().retry, Retry::Later);
  EXPECT_EQ(scratch.read("mbox"), "next\n");
}

// Whatever call fails before the last ones: no new mbox, or the old one as it was.
TEST_F(MboxSinkTest, EveryFailingCallIsReportedAndLeavesWhatWasThere) {
  for (const bool append : {false, true}) {
    bool whole = false;
    for (std::size_t n = 1; n < 40 && !whole; ++n) {
      ScratchDirectory here;
      TestSystem world;
      if (append) here.write("mbox", "old\n");
      world.files.fail_call(n, EIO);
      const Result<void> written = write(world, locks, here.path("mbox"), append);
      whole = world.files.journal().size() < n;
      EXPECT_TRUE(written || !whole);
      const std::string full = append ? std::string{"old\n"} + kWritten : kWritten;
      if (!written && here.exists("mbox") && here.read("mbox") != full) {
        EXPECT_TRUE(append) << n;
        EXPECT_EQ(here.read("mbox"), "old\n") << n;
      }
      if (written) {
        EXPECT_EQ(here.read("mbox"), full) << n;
      }
    }
    EXPECT_TRUE(whole);
  }
}

TEST_F(MboxSinkTest, AMessageThatIsTooLargeToBeKeptIsWrittenToo) {
  const std::string body(kMaxKeptMessage, 'x');
  Result<MboxSink> sink = MboxSink::open(outside.system, locks, mbox, {});
  ASSERT_TRUE(sink);
  MboxSink out = std::move(sink).value();
  Message message{{}, Instant{1, 0}, [&body](const ChunkSink& to) -> Result<void> {
                    LBX_TRY(to("A: 1\n\n"));
                    return to(body);
                  }};
  ASSERT_TRUE(out.add(message));
  ASSERT_TRUE(out.finish());
  EXPECT_EQ(scratch.read("mbox"),
            "From MAILER-DAEMON Thu Jan 01 00:00:01 1970\nX-Letterbox-Mbox: fields=0; end=bare\n"
            "A: 1\n\n" +
                body + "\n\n");
}

}  // namespace
}  // namespace lbx::convert
