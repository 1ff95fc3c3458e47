// SPDX-License-Identifier: MIT
#include "convert/maildir_sink.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

Message message(const std::string& text, const MessageState& state, std::int64_t seconds) {
  return {state, Instant{seconds, 0}, [text](const ChunkSink& sink) { return sink(text); }};
}

struct World {
  World() {
    scratch.make_maildir("m");
    fd.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
  }
  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd fd;
};

TEST(MaildirSinkTest, FlagsChooseTheFolderAndTimesAreKept) {
  World world;
  MaildirSink sink{world.outside.system, world.fd.get()};
  ASSERT_TRUE(sink.add(message("A: 1\n", {}, 1'000'000'000)));
  ASSERT_TRUE(sink.add(message("A: 2\n", {false, "FS"}, 1'000'000'000)));
  ASSERT_TRUE(sink.add({{}, std::nullopt, [](const ChunkSink& to) { return to("A: 3\n"); }}));
  ASSERT_TRUE(sink.finish());
  EXPECT_EQ(sink.published(), 3U);
  EXPECT_THAT(world.scratch.names("m/new"),
              ElementsAre("1000000000.M0P4711R0000000000000001.host.example,S=5,W=6",
                          "1700000000.M2P4711R0000000000000003.host.example,S=5,W=6"));
  const std::string flagged = "1000000000.M1P4711R0000000000000002.host.example,S=5,W=6:2,FS";
  EXPECT_THAT(world.scratch.names("m/cur"), ElementsAre(flagged));
  struct stat status {};
  ASSERT_EQ(::stat(world.scratch.path("m/cur/" + flagged).c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(status.st_mtim.tv_nsec, 1000) << "the second message";
}

TEST(MaildirSinkTest, NothingIsVisibleBeforeItsBatchIsSynced) {
  World world;
  MaildirSink sink{world.outside.system, world.fd.get()};
  for (std::size_t i = 0; i + 1 < kBatchMessages; ++i) {
    ASSERT_TRUE(sink.add(message("A: 1\n", {}, 1)));
  }
  EXPECT_THAT(world.scratch.names("m/new"), IsEmpty());
  ASSERT_TRUE(sink.add(message("A: 1\n", {}, 1)));
  EXPECT_THAT(world.scratch.names("m/new"), SizeIs(kBatchMessages));
  const std::vector<std::string>& calls = world.outside.files.journal();
  const auto synced = std::ranges::find(calls, "sync_file_system");
  ASSERT_NE(synced, calls.end());
  EXPECT_EQ(std::count_if(calls.begin(), synced,
                          [](const std::string& call) { return call.starts_with("link_fd"); }),
            0);
  EXPECT_EQ(calls.back(), "sync") << "new/, after all names";
}

// Whatever call fails: it is reported, and every visible message is whole.
TEST(MaildirSinkTest, EveryFailingCallIsReportedAndNothingHalfIsVisible) {
  bool whole = false;
  for (std::size_t n = 1; n < 200 && !whole; ++n) {
    World world;
    world.outside.files.fail_call(n, EIO);
    const std::string text(1000, 'x');
    const Result<void> outcome = [&]() -> Result<void> {
      MaildirSink sink{world.outside.system, world.fd.get()};
      for (int i = 0; i < 9; ++i) LBX_TRY(sink.add(message(text, {false, "S"}, 1)));
      return sink.finish();
    }();
    EXPECT_THAT(world.scratch.contents("m/cur"), Each(text));
    whole = world.outside.files.journal().size() < n;
    if (whole) {
      EXPECT_THAT(world.scratch.names("m/cur"), SizeIs(9));
    }
    EXPECT_EQ(outcome.has_value(), whole) << n;
    EXPECT_THAT(world.scratch.names("m/tmp"), IsEmpty());
  }
  EXPECT_TRUE(whole);
}

}  // namespace
}  // namespace lbx::convert
