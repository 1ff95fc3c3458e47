// SPDX-License-Identifier: MIT
#include "pop3d/ids.h"

#include <gmock/gmock.h>

#include "core/base/digest.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing::ElementsAre;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class IdsTest : public testing::Test {
 protected:
  void SetUp() override { scratch.make_maildir("m"); }

  void add(const std::string& name, std::string_view content = "x\n") {
    scratch.write("m/cur/" + name, content);
    ASSERT_TRUE(messages.add(MaildirPlace::Folder::Cur, name));
  }
  std::vector<std::string> ids(Import from) {
    ImportOptions options;
    options.from = from;
    const UniqueFd fd{::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY)};
    IdTable table;
    const NameFile known = load_ids(outside.system, fd.get(), messages, options);
    table.assign(messages, known);
    std::vector<std::string> all;
    for (std::size_t i = 0; i < messages.count(); ++i)
      all.emplace_back(table.id(MessageTable{messages}, i));
    return all;
  }
  void uidlist(const std::string& lines) {
    scratch.write("m/dovecot-uidlist", "3 V7 N9\n" + lines);
  }

  ScratchDirectory scratch;
  TestSystem outside;
  FoundMessages messages;
};

TEST_F(IdsTest, TheOtherServersIdsComeFirstAndOursFillTheRest) {
  add("a:2,S");
  add("b");
  add("c c");
  uidlist("1 :a\n9 :gone\n");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("0000000100000007", "b", sha256_hex("c c")));
}

TEST_F(IdsTest, AutoTakesCouriersWhereDovecotHasNone) {
  add("a:2,S");
  scratch.write("m/courierpop3dsizelist", "/3 2 7\na:2,S 3 1:7:0\n");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("UID1-7"));
}

TEST_F(IdsTest, WithoutImportTheFilesOfOthersAreNotRead) {
  add("a");
  uidlist("1 :a\n");
  EXPECT_THAT(ids(Import::None), ElementsAre("a"));
  EXPECT_FALSE(scratch.exists("m/letterbox-pop3-ids"));
}

TEST_F(IdsTest, WhatTheOtherServerDoesLaterChangesNothing) {
  add("a");
  add("b");
  uidlist("1 :a\n");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("0000000100000007", "b"));
  uidlist("5 :a\n6 :b\n");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("0000000100000007", "b"));
  boost::filesystem::remove(scratch.path("m/dovecot-uidlist"));
  EXPECT_THAT(ids(Import::Auto), ElementsAre("0000000100000007", "b"));
}

TEST_F(IdsTest, AServerThatComesLaterChangesNothing) {
  add("a");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("a"));
  uidlist("1 :a\n");
  EXPECT_THAT(ids(Import::Auto), ElementsAre("a"));
}

TEST_F(IdsTest, ALostOrTornFileIsReadAnewFromTheOtherServers) {
  add("a");
  uidlist("1 :a\n");
  const auto before = ids(Import::Auto);
  boost::filesystem::remove(scratch.path("m/letterbox-pop3-ids"));
  EXPECT_EQ(ids(Import::Auto), before);
  scratch.write("m/letterbox-pop3-ids", scratch.read("m/letterbox-pop3-ids").substr(0, 30));
  EXPECT_EQ(ids(Import::Auto), before);
}

TEST_F(IdsTest, IdsAreTakenOverOnDisk) {
  add("a");
  uidlist("1 :a\n");
  ids(Import::Auto);
  const auto& calls = outside.files.journal();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "sync"), 2);  // the file and its directory
}

TEST_F(IdsTest, AnXUidlIsTakenWhereItIsAnIdAndNobodyElseHasIt) {
  add("a", "Subject: x\nX-UIDL: one\n\nX-UIDL: body\n");
  add("b", "X-UIDL: one\n\n");
  add("c", "X-UIDL: two words\n\n");
  add("d", "X-UIDL: a\n\n");  // the name of another one
  add("e", "x-uidl: five\n\n");
  EXPECT_THAT(ids(Import::XUidl), ElementsAre("one", "b", "c", "d", "five"));
}

TEST_F(IdsTest, DigestsOfNamesAreThoseOfTpop3d) {
  add("1000000001.M1P1.host:2,S");
  EXPECT_THAT(ids(Import::Md5OfName), ElementsAre("fad7a13d147bf82c60397c36f118ff30"));
}

}  // namespace
}  // namespace lbx::pop3d
