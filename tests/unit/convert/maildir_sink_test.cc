// SPDX-License-Identifier: MIT
#include "convert/maildir_sink.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "core/base/ascii.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

Message message(const std::string& text, const MessageState& state, std::int64_t seconds) {
  return {state, Instant{seconds, 0}, [text](const ChunkSink& sink) -> Result<void> {
            for (std::size_t at = 0; at < text.size(); at += 100'000) {
              LBX_TRY(sink(std::string_view{text}.substr(at, 100'000)));
            }
            return {};
          }};
}

struct World {
  World() {
    scratch.make_maildir("m");
    fd.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
  }
  Result<MaildirSink> open(unsigned writers = 0) {
    MaildirSink sink = LBX_TRY(MaildirSink::open(outside.system, fd.get(), writers));
    sink.begin_source("/source", 0, 5);
    return sink;
  }
  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd fd;
};

TEST(MaildirSinkTest, FlagsChooseTheFolderAndTimesAreKept) {
  World world;
  Result<MaildirSink> sink = world.open();
  ASSERT_TRUE(sink);
  ASSERT_FALSE(sink->add({{}, std::nullopt, [](const ChunkSink& to) { return to("A: 0\n"); }}));
  ASSERT_FALSE(sink->add(message("A: 1\n", {}, 1'000'000'000)));
  ASSERT_FALSE(sink->add(message("A: 2\n", {false, "FS"}, 1'000'000'000)));
  ASSERT_FALSE(sink->add({{}, std::nullopt, [](const ChunkSink& to) { return to("A: 3\n"); }}));
  const Result<std::vector<MessageDigest>> digests = sink->sync();
  ASSERT_TRUE(digests);
  const auto name = [&](std::int64_t seconds, std::uint64_t ordinal) {
    return std::to_string(seconds) + ".M" + std::to_string(ordinal) + "P0R" +
           ascii::to_hex(name_bits("/source", ordinal, (*digests)[ordinal]), 16) +
           ".host.example,S=5,W=6";
  };
  EXPECT_THAT(world.scratch.names("m/new"),
              ElementsAre(name(1'000'000'000, 1), name(1'000'000'000, 3), name(5, 0)));
  const std::string flagged = name(1'000'000'000, 2) + ":2,FS";
  EXPECT_THAT(world.scratch.names("m/cur"), ElementsAre(flagged));
  struct stat status {};
  ASSERT_EQ(::stat(world.scratch.path("m/cur/" + flagged).c_str(), &status), 0);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'000'000'000);
  EXPECT_EQ(status.st_mtim.tv_nsec, 2000) << "the third message";
}

// However many threads write: the same files, under the same names, and digests in order.
TEST(MaildirSinkTest, ThreadsChangeNothing) {
  std::vector<std::string> names;
  std::vector<MessageDigest> digests;
  for (const unsigned writers : {0U, 1U, 3U}) {
    World world;
    Result<MaildirSink> sink = world.open(writers);
    ASSERT_TRUE(sink);
    for (int i = 0; i < 500; ++i) {
      const std::size_t size = i % 100 == 7 ? kMaxHeldMessage + 5 : std::size_t{3000};
      ASSERT_FALSE(sink->add(message(std::to_string(i) + std::string(size, 'x'), {}, i)));
    }
    const Result<std::vector<MessageDigest>> found = sink->sync();
    ASSERT_TRUE(found);
    if (writers == 0) {
      names = world.scratch.names("m/new");
      digests = *found;
    }
    EXPECT_EQ(world.scratch.names("m/new"), names);
    EXPECT_EQ(*found, digests);
    EXPECT_THAT(world.scratch.names("m/tmp"), IsEmpty());
  }
  EXPECT_THAT(names, SizeIs(500));
}

TEST(MaildirSinkTest, AMessageTooLargeToHoldIsWrittenAsItComes) {
  World world;
  Result<MaildirSink> sink = world.open();
  ASSERT_TRUE(sink);
  const std::string text(3 * kMaxHeldMessage, 'y');
  ASSERT_FALSE(sink->add(message("A: 0\n", {}, 1)));
  ASSERT_FALSE(sink->add(message(text, {}, 1)));
  ASSERT_FALSE(sink->add(message("A: 2\n", {}, 1)));
  const Result<std::vector<MessageDigest>> digests = sink->sync();
  ASSERT_TRUE(digests);
  Sha256 sum;
  sum.add(text);
  EXPECT_EQ((*digests)[1], MessageDigest::of(sum.finish()));
  EXPECT_THAT(world.scratch.contents("m/new"), ElementsAre("A: 0\n", text, "A: 2\n"));
}

TEST(MaildirSinkTest, AMessageThatCannotBeReadLeavesNothingAndTheRestGoesOn) {
  for (const std::size_t size : {std::size_t{5}, kMaxHeldMessage + 1}) {
    World world;
    Result<MaildirSink> sink = world.open();
    ASSERT_TRUE(sink);
    ASSERT_FALSE(sink->add(message("A: 0\n", {}, 1)));
    const auto failure = sink->add({{}, Instant{2, 0}, [size](const ChunkSink& to) -> Result<void> {
                                      LBX_TRY(to(std::string(size, 'x')));
                                      return Error::later("unreadable");
                                    }});
    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->source_failed);
    EXPECT_EQ(failure->error.what, "unreadable");
    ASSERT_FALSE(sink->add(message("A: 2\n", {}, 1)));
    ASSERT_TRUE(sink->sync());
    EXPECT_THAT(world.scratch.contents("m/new"), ElementsAre("A: 0\n", "A: 2\n"));
    EXPECT_THAT(world.scratch.names("m/tmp"), IsEmpty());
  }
}

// Whatever call fails: it is reported, as what it is.
TEST(MaildirSinkTest, EveryFailingCallIsReported) {
  bool whole = false;
  for (std::size_t n = 1; n < 200 && !whole; ++n) {
    World world;
    world.outside.files.fail_call(n, EIO);
    const Result<void> outcome = [&]() -> Result<void> {
      MaildirSink sink = LBX_TRY(world.open());
      for (const std::size_t size : {std::size_t{9}, kMaxHeldMessage + 1, std::size_t{9}}) {
        const auto failure = sink.add(message(std::string(size, 'x'), {false, "S"}, 1));
        if (failure && !failure->source_failed) return failure->error;
        EXPECT_FALSE(failure) << "no error of the sink is the source's: " << failure->error.what;
      }
      const Result<std::vector<MessageDigest>> synced = sink.sync();
      return synced ? Result<void>{} : synced.error();
    }();
    whole = world.outside.files.journal().size() < n;
    EXPECT_EQ(outcome.has_value(), whole) << n;
  }
  EXPECT_TRUE(whole);
}

}  // namespace
}  // namespace lbx::convert
