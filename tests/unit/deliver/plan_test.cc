// SPDX-License-Identifier: MIT
#include "deliver/plan.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::deliver {
namespace {

using testing::ElementsAre;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;
using Found = Tried::Found;

class PlanTest : public testing::Test {
 protected:
  Plan plan(const std::string& ext) {
    return make_plan(outside.system, scratch.fd(),
                     {"joe", scratch.path(), "joe-" + ext, "-", ext, "x", "a@b", "./Maildir/"});
  }
  static std::vector<Found> found(const Plan& plan) {
    std::vector<Found> out;
    for (const Tried& each : plan.tried) out.push_back(each.found);
    return out;
  }

  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(PlanTest, TheFirstRegularFileAnswers) {
  scratch.make_directory(".qmail-a-b");
  scratch.write(".qmail-a-default", "./m/\n");
  scratch.write(".qmail-default", "./n/\n");
  const Plan made = plan("a-B");
  EXPECT_THAT(found(made), ElementsAre(Found::NotRegular, Found::Chosen, Found::NotReached));
  EXPECT_EQ(made.file, ".qmail-a-default");
  EXPECT_EQ(made.source, Source::File);
  EXPECT_EQ(made.variables.at("DEFAULT"), "B");
}

TEST_F(PlanTest, AnEmptyDefaultDeliveryHoldsTheMessage) {
  const Plan made = make_plan(outside.system, scratch.fd(),
                              {"joe", scratch.path(), "joe", "", "", "x", "a@b", ""});
  EXPECT_TRUE(made.refusal || made.script.fault);
}

TEST_F(PlanTest, NoFileIsNoMailbox) {
  const Plan made = plan("a");
  ASSERT_TRUE(made.refusal);
  EXPECT_EQ(made.refusal->verdict, Verdict::Never);
  EXPECT_THAT(found(made), ElementsAre(Found::Missing, Found::Missing));
}

// The next candidate must not answer for a file that could not be read.
TEST_F(PlanTest, AFileThatCannotBeReadNowHoldsTheMessage) {
  scratch.write(".qmail-default", "./m/\n");
  for (const int code : {EACCES, EPERM, EIO, ENFILE, ESTALE}) {
    outside.files.fail_call(1, code);
    const Plan made = plan("a");
    ASSERT_TRUE(made.refusal) << code;
    EXPECT_EQ(made.refusal->verdict, Verdict::Later);
    EXPECT_THAT(found(made), ElementsAre(Found::Unreadable, Found::NotReached));
  }
}

TEST_F(PlanTest, AnyOtherErrorPassesOver) {
  scratch.write(".qmail-default", "./m/\n");
  for (const int code : {ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG}) {
    outside.files.fail_call(1, code);
    EXPECT_FALSE(plan("a").refusal) << code;
  }
}

TEST_F(PlanTest, AFileThatEverybodyMayWriteToHoldsTheMessage) {
  scratch.write(".qmail-a", "./m/\n");
  ASSERT_EQ(::chmod(scratch.path(".qmail-a").c_str(), 0666), 0);
  const Plan made = plan("a");
  ASSERT_TRUE(made.refusal);
  EXPECT_EQ(made.refusal->text, "Uh-oh: .qmail file is writable. (#4.7.0)");
}

TEST_F(PlanTest, AnEmptyFileMeansTheDefaultDeliveryWithoutItsXBit) {
  scratch.write(".qmail-a", "");
  ASSERT_EQ(::chmod(scratch.path(".qmail-a").c_str(), 0744), 0);
  const Plan made = plan("a");
  EXPECT_FALSE(made.refusal);
  EXPECT_EQ(made.source, Source::DefaultDelivery);
  EXPECT_EQ(made.script.steps.size(), 1U);
  EXPECT_FALSE(made.script.fault);
}

TEST_F(PlanTest, OwnerFilesChangeTheSenderOfForwards) {
  scratch.write(".qmail-a", "&b@c\n");
  EXPECT_EQ(plan("a").new_sender, "a@b");
  scratch.write(".qmail-a-owner", "");
  EXPECT_EQ(plan("a").new_sender, "joe-a-owner@x");
  scratch.write(".qmail-a-owner-default", "");
  EXPECT_EQ(plan("a").variables.at("NEWSENDER"), "joe-a-owner-@x-@[]");
}

TEST_F(PlanTest, AWorldWritableHomeIsRefused) {
  EXPECT_FALSE(open_home(outside.files, scratch.path()).refusal);
  ASSERT_EQ(::chmod(scratch.path().c_str(), 0777), 0);
  EXPECT_EQ(open_home(outside.files, scratch.path()).refusal->text,
            "Uh-oh: home directory is writable. (#4.7.0)");
  EXPECT_EQ(open_home(outside.files, scratch.path("nothere")).refusal->verdict, Verdict::Later);
}

// control/folderdelivery
class FolderDeliveryTest : public PlanTest {
 protected:
  FolderDeliveryTest() : control{outside.files, mail_home.path()} {
    mail_home.make_directory("control");
    mail_home.write("control/folderdelivery", "existing\n");
    settings.control = &control;
    scratch.make_maildir("Maildir");
  }
  Plan plan(const std::string& ext, const std::string& fallback = "./Maildir/") {
    return make_plan(outside.system, scratch.fd(),
                     {"joe", scratch.path(), "joe-" + ext, "-", ext, "x", "a@b", fallback},
                     settings);
  }
  static std::string target(const Plan& plan) {
    if (plan.refusal || plan.script.steps.size() != 1) return "";
    const auto& instruction = plan.script.steps.front().instruction;
    const auto* to = instruction ? std::get_if<dotqmail::ToMaildir>(&*instruction) : nullptr;
    return to == nullptr ? "" : to->path;
  }

  ScratchDirectory mail_home;
  control::ControlDirectory control;
  Settings settings;
};

TEST_F(FolderDeliveryTest, AFolderOfThatNameTakesTheExtension) {
  scratch.make_maildir("Maildir/.lists");
  scratch.write(".qmail-default", "&elsewhere@x\n");
  const Plan made = plan("LISTS");
  EXPECT_EQ(target(made), "./Maildir/.lists/");
  EXPECT_EQ(made.source, Source::Folder);
  EXPECT_THAT(found(made), ElementsAre(Found::Missing, Found::Chosen, Found::NotReached));
  EXPECT_EQ(made.variables.count("DEFAULT"), 0U);
}

TEST_F(FolderDeliveryTest, ItsCaseIsThatOfTheFolderTheSameCaseFirst) {
  scratch.make_maildir("Maildir/.Junk");
  EXPECT_EQ(target(plan("junk")), "./Maildir/.Junk/");
  scratch.make_maildir("Maildir/.junk");
  EXPECT_EQ(target(plan("Junk")), "./Maildir/.junk/");
}

TEST_F(FolderDeliveryTest, TheFileOfTheExtensionComesFirst) {
  scratch.make_maildir("Maildir/.lists");
  scratch.write(".qmail-lists", "./m/\n");
  EXPECT_EQ(target(plan("lists")), "./m/");
}

TEST_F(FolderDeliveryTest, WithoutTheFolderTheOtherFilesAnswer) {
  scratch.write(".qmail-default", "./m/\n");
  const Plan made = plan("lists");
  EXPECT_EQ(target(made), "./m/");
  EXPECT_THAT(found(made), ElementsAre(Found::Missing, Found::Missing, Found::Chosen));
}

TEST_F(FolderDeliveryTest, NoFolderAndNoFileIsNoMailbox) {
  const Plan made = plan("lists");
  ASSERT_TRUE(made.refusal);
  EXPECT_EQ(made.refusal->verdict, Verdict::Never);
}

TEST_F(FolderDeliveryTest, NoExtensionClimbsOutOrNamesAnotherPlace) {
  scratch.make_maildir("Maildir/.a");
  scratch.make_maildir("Maildir/.a/.b");
  scratch.make_maildir("other");
  for (const char* ext : {".", "..", "a/.b", "./other", "../other", "/", "a/", ".a", "", "a.b"}) {
    EXPECT_EQ(target(plan(ext)), "") << ext;
  }
  EXPECT_EQ(target(plan(std::string{"a\0", 2})), "");
}

TEST_F(FolderDeliveryTest, IsOffByDefault) {
  scratch.make_maildir("Maildir/.lists");
  mail_home.write("control/folderdelivery", "off\n");
  EXPECT_EQ(target(plan("lists")), "");
  settings.control = nullptr;
  EXPECT_EQ(target(plan("lists")), "");
}

TEST_F(FolderDeliveryTest, NeedsAMaildirAsTheDefaultDelivery) {
  scratch.make_maildir("Maildir/.lists");
  for (const char* fallback : {"./Mailbox", "|program", "", "&x@y"}) {
    EXPECT_EQ(target(plan("lists", fallback)), "") << fallback;
  }
}

TEST_F(FolderDeliveryTest, AMaildirThatCannotBeReadNowHoldsTheMessage) {
  scratch.write(".qmail-default", "./m/\n");
  outside.files.fail_every("list", EIO);
  const Plan made = plan("lists");
  ASSERT_TRUE(made.refusal);
  EXPECT_EQ(made.refusal->verdict, Verdict::Later);
}

TEST_F(FolderDeliveryTest, ABrokenSettingHoldsTheMessage) {
  mail_home.write("control/folderdelivery", "perhaps\n");
  const Plan made = plan("lists");
  ASSERT_TRUE(made.refusal);
  EXPECT_EQ(made.refusal->verdict, Verdict::Later);
}

}  // namespace
}  // namespace lbx::deliver
