// SPDX-License-Identifier: MIT
#include "convert/import.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "convert/import_record.h"
#include "support/fake_source.h"
#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAreArray;
using testing_support::FakeLockOps;
using testing_support::FakeMail;
using testing_support::FakeSource;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class Watcher final : public Progress {
 public:
  std::uint64_t stop_at{UINT64_MAX};
  Result<void> update(const Tally& tally) override {
    return tally.messages >= stop_at ? Result<void>{Error::later("stop")} : Result<void>{};
  }
};

std::vector<FakeMail> mails(int count) {
  std::vector<FakeMail> out;
  for (int i = 0; i < count; ++i) {
    FakeMail mail{"A: " + std::to_string(i) + "\n"};
    if (i % 3 == 1) mail.state = {false, "S"};
    if (i % 5 == 4) mail.seconds.reset();
    out.push_back(mail);
  }
  return out;
}

struct World {
  World() {
    options.target = scratch.path("m");
    options.fingerprint = "f";
    options.writers = 0;
    options.checkpoint_messages = 4;
  }
  Result<ImportSummary> import(const std::vector<FakeMail>& list, std::size_t dies_at = SIZE_MAX) {
    std::vector<std::unique_ptr<Source>> sources;
    auto source = std::make_unique<FakeSource>(list);
    source->dies_at = dies_at;
    source->marks = marks;
    sources.push_back(std::move(source));
    return convert::import(outside->system, locks, sources, options, watcher,
                           [this](const std::string& error) { errors.push_back(error); });
  }
  /// Folder, name and octets of every message that a reader sees.
  std::vector<std::string> visible() const {
    std::vector<std::string> out;
    for (const std::string folder : {"m/new/", "m/cur/"}) {
      if (!scratch.exists(folder)) continue;
      for (const std::string& name : scratch.names(folder)) {
        out.push_back(folder + name + '\n' + scratch.read(folder + name));
      }
    }
    return out;
  }

  ScratchDirectory scratch;
  std::unique_ptr<TestSystem> outside{std::make_unique<TestSystem>()};
  FakeLockOps locks;
  Watcher watcher;
  ImportOptions options;
  bool marks{true};
  std::vector<std::string> errors;
};

class ImportTest : public testing::TestWithParam<bool> {
 protected:
  /// The parameter: whether the target exists before.
  void prepare(World& world) const {
    if (GetParam()) world.scratch.make_maildir("m");
  }
  std::vector<std::string> undisturbed(int count) const {
    World world;
    prepare(world);
    EXPECT_TRUE(world.import(mails(count)));
    return world.visible();
  }
};

TEST_P(ImportTest, AllMessagesArriveAndNothingElse) {
  World world;
  prepare(world);
  const Result<ImportSummary> summary = world.import(mails(11));
  ASSERT_TRUE(summary) << summary.error().what;
  EXPECT_EQ(summary->added, 11U);
  EXPECT_THAT(world.visible(), SizeIs(11));
  EXPECT_THAT(world.scratch.names(""), ElementsAre("m"));
  EXPECT_THAT(world.scratch.names("m"), ElementsAre("cur", ImportRecord::kName, "new", "tmp"));
  EXPECT_THAT(world.scratch.names("m/tmp"), IsEmpty());
}

TEST_P(ImportTest, ASecondRunAddsOnlyWhatIsNew) {
  for (const bool marks : {true, false}) {
    World world;
    prepare(world);
    world.marks = marks;
    ASSERT_TRUE(world.import(mails(11)));
    const std::vector<std::string> before = world.visible();
    Result<ImportSummary> summary = world.import(mails(11));
    ASSERT_TRUE(summary) << summary.error().what;
    EXPECT_EQ(summary->added, 0U);
    EXPECT_EQ(summary->sources[0].known, 11U);
    EXPECT_EQ(world.visible(), before);
    // What the user has removed does not come again.
    for (const std::string& name : world.scratch.names("m/cur")) {
      ASSERT_EQ(::unlink(world.scratch.path("m/cur/" + name).c_str()), 0);
    }
    const std::size_t left = world.visible().size();
    summary = world.import(mails(13));
    ASSERT_TRUE(summary);
    EXPECT_EQ(summary->added, 2U);
    EXPECT_THAT(world.visible(), SizeIs(left + 2));
  }
}

TEST_P(ImportTest, EqualMessagesAreAsManyAsTheSourceHas) {
  World world;
  prepare(world);
  world.marks = false;
  ASSERT_TRUE(world.import({{"A\n"}, {"A\n"}, {"B\n"}}));
  EXPECT_THAT(world.visible(), SizeIs(3));
  ASSERT_TRUE(world.import({{"A\n"}, {"A\n"}, {"A\n"}, {"B\n"}}));
  EXPECT_THAT(world.visible(), SizeIs(4));
}

// A run that dies at any call, of which another picks up what is there: the same in the end.
TEST_P(ImportTest, AnyInterruptionAndAnotherRunGiveWhatAnUndisturbedRunGives) {
  const std::vector<std::string> right = undisturbed(11);
  for (const bool verify : {false, true}) {
    bool whole = false;
    for (std::size_t n = 1; n < 400 && !whole; ++n) {
      World world;
      prepare(world);
      world.options.verify = verify;
      world.outside->files.fail_call(n, EIO);
      const Result<ImportSummary> first = world.import(mails(11));
      whole = world.outside->files.journal().size() < n;
      for (const std::string& each : world.visible()) EXPECT_THAT(right, Contains(each)) << n;
      world.outside = std::make_unique<TestSystem>();
      const Result<ImportSummary> second = world.import(mails(11));
      ASSERT_TRUE(second) << n << ": " << second.error().what;
      EXPECT_THAT(world.visible(), UnorderedElementsAreArray(right)) << n;
      EXPECT_THAT(world.scratch.names(""), ElementsAre("m")) << n;
      EXPECT_THAT(world.scratch.names("m/tmp"), IsEmpty()) << n;
    }
    EXPECT_TRUE(whole);
  }
}

TEST_P(ImportTest, NothingIsVisibleBeforeAllIsBuilt) {
  World world;
  prepare(world);
  world.watcher.stop_at = 9;
  const Result<ImportSummary> summary = world.import(mails(11));
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().what, HasSubstr("9 messages are ready"));
  EXPECT_THAT(world.visible(), IsEmpty());
  world.watcher.stop_at = UINT64_MAX;
  const Result<ImportSummary> second = world.import(mails(11));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->resumed, 9U);
  EXPECT_EQ(second->added, 11U);
  EXPECT_EQ(world.visible(), undisturbed(11));
}

TEST_P(ImportTest, WithOtherOptionsAnInterruptedRunBeginsAnew) {
  World world;
  prepare(world);
  world.watcher.stop_at = 9;
  ASSERT_FALSE(world.import(mails(11)));
  world.watcher.stop_at = UINT64_MAX;
  world.options.fingerprint = "g";
  const Result<ImportSummary> second = world.import(mails(3));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->resumed, 0U);
  EXPECT_EQ(world.visible(), undisturbed(3));
}

TEST_P(ImportTest, AMessageThatCannotBeReadIsReportedAndTriedAgainNextTime) {
  World world;
  prepare(world);
  std::vector<FakeMail> list = mails(5);
  list[2].broken = true;
  Result<ImportSummary> summary = world.import(list);
  ASSERT_TRUE(summary) << summary.error().what;
  EXPECT_EQ(summary->failed, 1U);
  EXPECT_THAT(world.errors, ElementsAre("/fake: message 3: broken"));
  EXPECT_THAT(world.visible(), SizeIs(4));
  list[2].broken = false;
  summary = world.import(list);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->added, 1U);
  EXPECT_THAT(world.visible(), SizeIs(5));
}

TEST_P(ImportTest, ASourceThatBreaksOffGivesWhatItHas) {
  World world;
  prepare(world);
  Result<ImportSummary> summary = world.import(mails(5), 3);
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->sources[0].broke_off);
  EXPECT_THAT(world.visible(), SizeIs(3));
  summary = world.import(mails(5));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->added, 2U);
}

TEST_P(ImportTest, ASourceThatChangedMeanwhileLeavesNothing) {
  World world;
  prepare(world);
  std::vector<std::unique_ptr<Source>> sources;
  auto source = std::make_unique<FakeSource>(mails(9));
  source->changed = true;
  sources.push_back(std::move(source));
  const auto summary = convert::import(world.outside->system, world.locks, sources, world.options,
                                       world.watcher, [](const std::string&) {});
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().what, "changed");
  EXPECT_THAT(world.visible(), IsEmpty());
  EXPECT_EQ(world.scratch.exists("m"), GetParam());
  EXPECT_THAT(world.scratch.names(""), SizeIs(GetParam() ? 1 : 0));
}

TEST_P(ImportTest, SourcesAreRemovedOnlyAfterVerification) {
  World world;
  prepare(world);
  world.options.remove_sources = true;
  std::vector<std::unique_ptr<Source>> sources;
  sources.push_back(std::make_unique<FakeSource>(mails(9), "/one"));
  auto broken = mails(9);
  broken[1].broken = true;
  sources.push_back(std::make_unique<FakeSource>(broken, "/two"));
  const auto summary = convert::import(world.outside->system, world.locks, sources, world.options,
                                       world.watcher, [](const std::string&) {});
  ASSERT_TRUE(summary) << summary.error().what;
  EXPECT_EQ(summary->verified, 17U);
  EXPECT_TRUE(static_cast<FakeSource&>(*sources[0]).removed);
  EXPECT_FALSE(static_cast<FakeSource&>(*sources[1]).removed) << "one of it could not be read";
}

TEST_P(ImportTest, ADryRunTouchesNothing) {
  World world;
  prepare(world);
  world.options.dry_run = true;
  const Result<ImportSummary> summary = world.import(mails(9));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->added, 9U);
  EXPECT_EQ(world.scratch.exists("m"), GetParam());
  EXPECT_THAT(world.visible(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Targets, ImportTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& target) {
                           return target.param ? "Existing" : "New";
                         });

TEST(ImportRaceTest, ATargetThatAppearsMeanwhileGetsTheMessages) {
  World world;
  world.watcher.stop_at = 9;
  ASSERT_FALSE(world.import(mails(11)));
  world.watcher.stop_at = UINT64_MAX;
  world.scratch.make_maildir("m");
  world.scratch.write("m/new/other", "other");
  ASSERT_TRUE(world.import(mails(11)));
  EXPECT_THAT(world.visible(), SizeIs(12));
  EXPECT_THAT(world.scratch.names(""), ElementsAre("m"));
  const Result<ImportSummary> again = world.import(mails(11));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->added, 0U) << "the record came along";
}

TEST(ImportRaceTest, WhatIsNoMaildirIsLeftAlone) {
  World world;
  world.scratch.make_directory("m");
  const Result<ImportSummary> summary = world.import(mails(1));
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().retry, Retry::Never);
  EXPECT_THAT(world.scratch.names("m"), IsEmpty());
  EXPECT_THAT(world.scratch.names(""), ElementsAre("m"));
}

}  // namespace
}  // namespace lbx::convert
