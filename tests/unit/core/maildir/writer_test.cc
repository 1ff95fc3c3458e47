// SPDX-License-Identifier: MIT
#include "core/maildir/writer.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <string>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class MaildirWriterTest : public testing::TestWithParam<Publish> {
 protected:
  void SetUp() override { scratch.make_maildir("m"); }

  int maildir() {
    if (!fd) fd.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
    return fd.get();
  }
  Result<std::string> deliver(std::string_view message) {
    MaildirWriter writer = LBX_TRY(MaildirWriter::open(outside.system, maildir(), GetParam()));
    LBX_TRY(writer.write(message));
    return std::move(writer).commit();
  }

  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd fd;
};

TEST_P(MaildirWriterTest, WritesTheMessageIntoNewAndLeavesNothingInTmp) {
  const Result<std::string> name = deliver("Subject: x\n\nbody\n");
  ASSERT_TRUE(name) << name.error().what;
  EXPECT_EQ(*name, "1700000000.M123456P4711R0000000000000001.host.example,S=17,W=20");
  EXPECT_THAT(scratch.names("m/new"), ElementsAre(*name));
  EXPECT_EQ(scratch.read("m/new/" + *name), "Subject: x\n\nbody\n");
  EXPECT_THAT(scratch.names("m/tmp"), IsEmpty());
}

TEST_P(MaildirWriterTest, MeetsATakenNameWithAnotherOne) {
  ASSERT_TRUE(deliver("one"));
  outside.randomness.next = 1;
  const Result<std::string> second = deliver("two");
  ASSERT_TRUE(second) << second.error().what;
  EXPECT_THAT(scratch.contents("m/new"), ElementsAre("one", "two"));
}

TEST_P(MaildirWriterTest, AnIdentityIsTheRandomPartAlsoWhereTheNameIsTaken) {
  for (int i = 0; i < 2; ++i) {
    Result<MaildirWriter> writer = MaildirWriter::open(outside.system, maildir(), GetParam());
    ASSERT_TRUE(writer) << writer.error().what;
    writer->identify(0xabc);
    ASSERT_TRUE(writer->write("x"));
    const Result<std::string> name = std::move(*writer).commit();
    // The clock stands still: no other name is left for the second one.
    ASSERT_EQ(name.has_value(), i == 0);
    if (name) {
      EXPECT_THAT(*name, testing::HasSubstr("R0000000000000abc."));
    }
  }
  outside.clock.time.micros += 1;
  Result<MaildirWriter> writer = MaildirWriter::open(outside.system, maildir(), GetParam());
  ASSERT_TRUE(writer) << writer.error().what;
  writer->identify(0xabc);
  EXPECT_TRUE(std::move(*writer).commit());
  EXPECT_EQ(scratch.names("m/new").size(), 2U);
}

TEST_P(MaildirWriterTest, SyncsTheFileBeforeItsNameAndTheDirectoryAfter) {
  ASSERT_TRUE(deliver("x"));
  const std::vector<std::string>& calls = outside.files.journal();
  const auto named = std::ranges::find_if(
      calls, [](const std::string& call) { return call.find(" new/") != std::string::npos; });
  ASSERT_NE(named, calls.end());
  EXPECT_EQ(std::count(calls.begin(), named, "sync"), 1);
  EXPECT_EQ(std::count(named, calls.end(), "sync"), 1);
  EXPECT_EQ(calls.back(), "sync");
}

TEST_P(MaildirWriterTest, WhereOrderIsKeptTheDataIsWrittenBeforeTheNameAndTheDirectorySynced) {
  outside.files.ordered = true;
  Result<MaildirWriter> writer = MaildirWriter::open(outside.system, maildir(), GetParam());
  ASSERT_TRUE(writer) << writer.error().what;
  const Result<bool> ordered = writer->keeps_order();
  ASSERT_TRUE(ordered && *ordered);
  writer->choose(Durability::NameSettlesFile);
  ASSERT_TRUE(writer->write("x"));
  ASSERT_TRUE(std::move(*writer).commit());
  const std::vector<std::string>& calls = outside.files.journal();
  const auto named = std::ranges::find_if(
      calls, [](const std::string& call) { return call.find(" new/") != std::string::npos; });
  ASSERT_NE(named, calls.end());
  EXPECT_EQ(std::count(calls.begin(), named, "write_back"), 1);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "sync"), 1);
  EXPECT_EQ(calls.back(), "sync");
}

// Whatever call fails: either an error and at most what the header admits (the message in new/
// where only its directory could not be synced), or the whole message.
TEST_P(MaildirWriterTest, EveryFailingCallIsReportedAndNothingHalfIsVisible) {
  const std::string message(200'000, 'x');
  for (std::size_t n = 1; n < 80; ++n) {
    const bool once = n % 2 == 0;
    ScratchDirectory here;
    here.make_maildir("m");
    TestSystem world;
    UniqueFd dir{::open(here.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    world.files.fail_call((n + 1) / 2, EIO);
    const Result<std::string> name = [&]() -> Result<std::string> {
      MaildirWriter writer = LBX_TRY(MaildirWriter::open(world.system, dir.get(), GetParam()));
      if (once) writer.choose(Durability::NameSettlesFile);
      LBX_TRY(writer.write(message));
      return std::move(writer).commit();
    }();
    for (const std::string& content : here.contents("m/new")) EXPECT_EQ(content, message);
    if (!name) {
      EXPECT_EQ(name.error().retry, Retry::Later);
      EXPECT_EQ(name.error().os_error, EIO);
    } else {
      EXPECT_EQ(here.names("m/new").size(), 1U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ladder, MaildirWriterTest,
                         testing::Values(Publish::LinkUnnamed, Publish::RenameNoReplace,
                                         Publish::LinkUnlink, Publish::Rename));

}  // namespace
}  // namespace lbx
