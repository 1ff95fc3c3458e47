// SPDX-License-Identifier: MIT
#include "deliver/attempt.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class AttemptTest : public testing::Test {
 protected:
  Result<std::optional<Attempt>> open(const std::string& name = "one") {
    return Attempt::open(outside.system, scratch.fd(), name, request);
  }
  mode_t mode(const std::string& path) const {
    struct stat status {};
    return ::stat(scratch.path(path).c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }

  ScratchDirectory scratch;
  TestSystem outside;
  dotqmail::Request request{"joe", "/home/joe", "joe", "", "", "x.example", "a@b", "./Maildir/"};
};

TEST_F(AttemptTest, NotesAreThereAtTheNextAttemptAndAtNoOther) {
  {
    auto first = open();
    ASSERT_TRUE(first && *first);
    EXPECT_EQ((*first)->note("1-x"), AttemptNote{});
    ASSERT_TRUE((*first)->begin("1-x", 17, 5));
    (*first)->done("2-y", 99);
  }
  auto second = open();
  ASSERT_TRUE(second && *second);
  EXPECT_EQ((*second)->note("1-x"), (AttemptNote{std::nullopt, 17, 5}));
  EXPECT_EQ((*second)->note("2-y").done, 99);
  auto other = open("two");
  ASSERT_TRUE(other && *other);
  EXPECT_EQ((*other)->note("1-x"), AttemptNote{});
}

TEST_F(AttemptTest, WhatIsForgottenIsGoneAndNothingElse) {
  for (const char* const name : {"one", "two"}) {
    auto made = open(name);
    ASSERT_TRUE(made && *made);
    (*made)->done("1-x", 0);
  }
  Attempt::forget(outside.system, scratch.fd(), "one", request);
  EXPECT_EQ((*open("two"))->note("1-x").done, 0);
  EXPECT_EQ((*open("one"))->note("1-x").done, std::nullopt);
  for (const char* const name : {"one", "two"}) {
    Attempt::forget(outside.system, scratch.fd(), name, request);
  }
  EXPECT_THAT(scratch.names("."), IsEmpty());
  EXPECT_TRUE(open("three"));
}

TEST_F(AttemptTest, OnlyTheUserMayLookAtThem) {
  const auto notes = open();
  EXPECT_EQ(mode(".letterbox"), 0700U);
  EXPECT_EQ(mode(".letterbox/attempts"), 0700U);
  EXPECT_EQ(mode(".letterbox/attempts/" + scratch.names(".letterbox/attempts").at(0)), 0600U);
}

TEST_F(AttemptTest, TwoAttemptsAtOnceAreNotTwoDeliveries) {
  const auto first = open();
  const auto second = open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().retry, Retry::Later);
}

TEST_F(AttemptTest, WhatACrashCutOffDoesNotCountAndIsNoTrapForWhatComesNext) {
  { const auto made = open(); }
  const std::string path = ".letterbox/attempts/" + scratch.names(".letterbox/attempts").at(0);
  scratch.write(path, "done a 0\ndone b");
  {
    auto torn = open();
    ASSERT_TRUE(torn && *torn);
    EXPECT_EQ((*torn)->note("a").done, 0);
    (*torn)->done("c", 0);
  }
  const auto after = open();
  ASSERT_TRUE(after && *after);
  EXPECT_EQ((*after)->note("b").done, std::nullopt);
  EXPECT_EQ((*after)->note("c").done, 0);
}

TEST_F(AttemptTest, AHomeThatTakesNoNotesTakesMail) {
  outside.files.fail_every("mkdir", EROFS);
  const auto notes = open();
  ASSERT_TRUE(notes) << notes.error().what;
  EXPECT_FALSE(*notes);
}

TEST_F(AttemptTest, AFolderOrALinkInThePlaceOfNotesIsNotFollowed) {
  { const auto made = open(); }
  const std::string path = ".letterbox/attempts/" + scratch.names(".letterbox/attempts").at(0);
  ASSERT_EQ(::unlink(scratch.path(path).c_str()), 0);
  scratch.write("elsewhere", "done a 0\n");
  ASSERT_EQ(::symlink(scratch.path("elsewhere").c_str(), scratch.path(path).c_str()), 0);
  const auto notes = open();
  ASSERT_TRUE(notes) << notes.error().what;
  EXPECT_FALSE(*notes);
}

TEST_F(AttemptTest, OldNotesGo) {
  std::int64_t& now = outside.clock.time.seconds;
  struct stat here {};
  ASSERT_EQ(::fstat(scratch.fd(), &here), 0);
  now = here.st_mtim.tv_sec;  // the files have the kernel's time
  for (int i = 0; i < 64; ++i) static_cast<void>(open("old" + std::to_string(i)));
  const std::size_t before = scratch.names(".letterbox/attempts").size();
  now += kAttemptSeconds + 3600;
  for (int i = 0; i < 64; ++i) static_cast<void>(open("new" + std::to_string(i)));
  EXPECT_EQ(before, 64U);
  EXPECT_LT(scratch.names(".letterbox/attempts").size(), 64U);
}

TEST(ParseAttemptTest, WhatMakesNoSenseIsPassedOver) {
  EXPECT_THAT(parse_attempt(""), IsEmpty());
  EXPECT_THAT(parse_attempt("begin a 1\nbegin a x 2\ndone\ndone a\ndone a -1\nhello\n\n"),
              IsEmpty());
  EXPECT_THAT(parse_attempt("begin a 1 2\ndone a 0\nbegin b 3 4\n"), SizeIs(2));
}

TEST(AttemptKeyTest, AnotherLineHasAnotherKey) {
  EXPECT_EQ(attempt_key(1, "./box"), attempt_key(1, "./box"));
  EXPECT_NE(attempt_key(1, "./box"), attempt_key(2, "./box"));
  EXPECT_NE(attempt_key(1, "./box"), attempt_key(1, "./box2"));
}

}  // namespace
}  // namespace lbx::deliver
