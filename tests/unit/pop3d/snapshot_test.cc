// SPDX-License-Identifier: MIT
#include "pop3d/snapshot.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <ctime>

#include "pop3d/index_file.h"
#include "pop3d/sizes.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing::ElementsAre;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class SnapshotTest : public testing::Test {
 protected:
  void SetUp() override {
    scratch.make_maildir("m");
    later(100);
  }

  /// So many seconds after whatever was done to the folders until now.
  void later(std::int64_t seconds) { outside.clock.time.seconds = std::time(nullptr) + seconds; }

  void add(const std::string& path, std::string_view content = "a\nb\n") {
    scratch.write("m/" + path, content);
  }
  void add_many(int count) {
    scratch.write("message", "a\nb\n");
    for (int i = 0; i < count; ++i) link("cur/" + std::to_string(1000 + i) + kSized + ":2,S");
  }
  /// What add() does, in less time.
  void link(const std::string& path) {
    ASSERT_EQ(::linkat(scratch.fd(), "message", scratch.fd(), ("m/" + path).c_str(), 0), 0);
  }
  void rename(const std::string& from, const std::string& to) {
    boost::filesystem::rename(scratch.path("m/" + from), scratch.path("m/" + to));
  }
  void remove(const std::string& path) { boost::filesystem::remove(scratch.path("m/" + path)); }

  Snapshot look() {
    const UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    calls_ = outside.files.journal().size();
    Result<Snapshot> snapshot = take_snapshot(outside.system, fd.get(), options);
    EXPECT_TRUE(snapshot) << snapshot.error().what;
    return std::move(snapshot).value();
  }
  /// Files, sizes and ids.
  std::vector<std::string> all() {
    const Snapshot snapshot = look();
    std::vector<std::string> all;
    for (std::size_t i = 0; i < snapshot.messages.count(); ++i) {
      all.push_back(snapshot.messages.path(i) + ' ' + std::to_string(snapshot.messages.octets(i)) +
                    ' ' + std::string{snapshot.ids.id(snapshot.messages, i)});
    }
    return all;
  }
  /// How many calls of that name the last look made.
  std::size_t calls(const std::string& name) const {
    const auto& journal = outside.files.journal();
    return static_cast<std::size_t>(
        std::count_if(journal.begin() + static_cast<std::ptrdiff_t>(calls_), journal.end(),
                      [&](const std::string& call) { return call.starts_with(name); }));
  }
  void correct(const std::string& base, std::uint64_t octets) {
    const UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    correct_sizes(outside.system, fd.get(), {{base, octets}});
  }

  static constexpr const char* kSized = ".M1P1.h,S=4,W=6";

  ScratchDirectory scratch;
  TestSystem outside;
  SnapshotOptions options;

 private:
  std::size_t calls_{0};
};

TEST_F(SnapshotTest, WhereNothingHasChangedTheFoldersAreNotRead) {
  add("new/a");
  add("cur/b:2,S", "x");
  add("cur/c c:2,S", "");
  const auto first = all();
  EXPECT_EQ(calls("list"), 2U);
  EXPECT_EQ(all(), first);
  EXPECT_EQ(calls("list"), 0U);
  EXPECT_EQ(calls("open"), 1U);  // the index
}

TEST_F(SnapshotTest, EveryChangeOfTheFoldersIsSeen) {
  add("new/1.a");
  add("cur/2.b:2,S");
  all();
  add("new/3.c", "x");
  later(100);
  EXPECT_THAT(all(), ElementsAre("new/1.a 6 1.a", "cur/2.b:2,S 6 2.b", "new/3.c 3 3.c"));
  all();
  rename("cur/2.b:2,S", "cur/2.b:2,FS");
  EXPECT_THAT(all(), ElementsAre("new/1.a 6 1.a", "cur/2.b:2,FS 6 2.b", "new/3.c 3 3.c"));
  all();
  rename("new/1.a", "cur/1.a:2,");
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2, 6 1.a", "cur/2.b:2,FS 6 2.b", "new/3.c 3 3.c"));
  all();
  remove("new/3.c");
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2, 6 1.a", "cur/2.b:2,FS 6 2.b"));
}

TEST_F(SnapshotTest, AFolderWithAnOldTimeOfItsOwnIsSeenToHaveChanged) {
  add("new/1.a");
  all();
  struct stat before {};
  ASSERT_EQ(::stat(scratch.path("m/new").c_str(), &before), 0);
  add("new/2.b");
  const timespec times[2]{before.st_atim, before.st_mtim};  // as cp -a and rsync do
  ASSERT_EQ(::utimensat(scratch.fd(), "m/new", times, 0), 0);
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(SnapshotTest, FoldersThatHaveJustChangedAreReadAgain) {
  add("new/1.a");
  later(kSettledSeconds - 1);
  all();
  all();
  EXPECT_EQ(calls("list"), 2U);
  EXPECT_EQ(calls("open new/1.a"), 0U);  // but not the messages
  later(100);
  all();
  EXPECT_EQ(calls("list"), 2U);
  all();
  EXPECT_EQ(calls("list"), 0U);
}

TEST_F(SnapshotTest, WhereTheFileSystemIsNotLocalTheFoldersAreAlwaysRead) {
  add("new/1.a");
  outside.files.fail_every("file_system", ENOSYS);
  all();
  EXPECT_THAT(all(), ElementsAre("new/1.a 6 1.a"));
  EXPECT_EQ(calls("list"), 2U);
}

TEST_F(SnapshotTest, AnIndexOfNamesIsNotForWhoDoesNotTrustThem) {
  add_many(100);
  all();
  options.trust_names = false;
  correct("1000.M1P1.h,S=4,W=6", 6);
  all();
  EXPECT_EQ(calls("open 1"), 99U);
  all();
  EXPECT_EQ(calls("open 1"), 0U);
}

TEST_F(SnapshotTest, IdsThatWereTakenOverAreNoIndexsToLose) {
  options.import.from = Import::Auto;
  add("cur/1.a:2,S");
  scratch.write("m/dovecot-uidlist", "3 V7 N9\n1 :1.a\n");
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2,S 6 0000000100000007"));
  all();
  EXPECT_EQ(calls("list"), 0U);
  remove("letterbox-pop3-ids");
  scratch.write("m/dovecot-uidlist", "3 V7 N9\n2 :1.a\n");
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2,S 6 0000000200000007"));
  EXPECT_TRUE(scratch.exists("m/letterbox-pop3-ids"));
  options.import.from = Import::None;
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2,S 6 1.a"));
}

TEST_F(SnapshotTest, ALostOrTornIndexChangesNothing) {
  add_many(70);
  add("new/long " + std::string(100, 'n'));
  const auto first = all();
  EXPECT_EQ(all(), first);
  EXPECT_EQ(calls("list"), 0U);
  const std::string whole = scratch.read("m/letterbox-pop3-index");
  for (const std::string& torn : {whole.substr(0, whole.size() / 2), std::string{}, "x" + whole}) {
    scratch.write("m/letterbox-pop3-index", torn);
    EXPECT_EQ(all(), first);
  }
  remove("letterbox-pop3-index");
  EXPECT_EQ(all(), first);
}

TEST_F(SnapshotTest, SessionsThatShareAnIndexAreNotDisturbedByALaterOne) {
  add_many(2500);
  const Snapshot first = look();
  add("new/9999.M1P1.h,S=4,W=6");
  outside.clock.time.seconds += 10 * kRewriteSeconds;
  const Snapshot second = look();  // writes it anew
  EXPECT_EQ(first.messages.count(), 2500U);
  EXPECT_EQ(second.messages.count(), 2501U);
  EXPECT_EQ(first.ids.id(first.messages, 2499), "3499.M1P1.h,S=4,W=6");
}

TEST_F(SnapshotTest, ALargeIndexIsNotWrittenForLittleMoreThanOnceInAWhile) {
  add_many(2500);
  all();
  add("new/9999.M1P1.h,S=4,W=6");
  later(100);
  all();
  EXPECT_EQ(calls("rename"), 0U);
  EXPECT_EQ(all().size(), 2501U);
  later(kRewriteSeconds);
  all();
  EXPECT_EQ(calls("rename"), 1U);
  for (int i = 0; i < 100; ++i) link("new/8" + std::to_string(i) + kSized);
  later(100);
  all();
  EXPECT_EQ(calls("rename"), 1U);
}

TEST_F(SnapshotTest, ACorrectionStaysWhetherTheIndexKnowsTheMessageOrNot) {
  add_many(1100);
  all();
  add("new/5000.M1P1.h,S=4,W=5");
  later(100);
  correct("5000.M1P1.h,S=4,W=5", 6);  // as a session does that has looked at it
  correct("1000.M1P1.h,S=4,W=6", 8);
  const Snapshot now = look();
  ASSERT_EQ(now.messages.count(), 1101U);
  EXPECT_EQ(now.messages.octets(0), 8U);
  EXPECT_EQ(now.messages.octets(1), 6U);
  EXPECT_EQ(now.messages.octets(1100), 6U);
}

TEST_F(SnapshotTest, WhereNoIndexCanBeEverythingIsAsItIs) {
  scratch.make_directory("m/letterbox-pop3-index");
  add("cur/1.a:2,S");
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2,S 6 1.a"));
  EXPECT_THAT(all(), ElementsAre("cur/1.a:2,S 6 1.a"));
  EXPECT_THAT(scratch.names("m/tmp"), ElementsAre());
}

TEST_F(SnapshotTest, AMessageOfAnIndexCanBeMovedAndCorrected) {
  add_many(70);
  all();
  Snapshot snapshot = look();
  EXPECT_EQ(calls("list"), 0U);
  ASSERT_TRUE(snapshot.messages.move(5, MaildirPlace::Folder::New, "1005.M1P1.h,S=4,W=6"));
  snapshot.messages.set_octets(5, 77);
  EXPECT_EQ(snapshot.messages.path(5), "new/1005.M1P1.h,S=4,W=6");
  EXPECT_EQ(snapshot.messages.octets(5), 77U);
  EXPECT_EQ(snapshot.messages.path(6), "cur/1006.M1P1.h,S=4,W=6:2,S");
  EXPECT_EQ(snapshot.messages.octets(6), 6U);
}

}  // namespace
}  // namespace lbx::pop3d
