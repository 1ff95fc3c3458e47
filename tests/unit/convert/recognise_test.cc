// SPDX-License-Identifier: MIT
#include "convert/recognise.h"

#include <gtest/gtest.h>

namespace lbx::convert {
namespace {

using namespace std::string_literals;

ContentKind kind_of(std::string_view head, std::string_view name = "x") {
  return recognise(head, name).kind;
}

TEST(RecogniseTest, ContentDecides) {
  const std::string mbox = "From a@b Mon Jan  2 03:04:05 2006\nA: b\n\n";
  EXPECT_EQ(kind_of(""), ContentKind::Empty);
  EXPECT_EQ(kind_of(mbox, "x.zip"), ContentKind::Mailbox);
  EXPECT_EQ(kind_of("\xef\xbb\xbf" + mbox), ContentKind::Mailbox);
  EXPECT_EQ(kind_of("\n\r\n" + mbox), ContentKind::Mailbox);
  EXPECT_EQ(kind_of("From - \nA: b\n"), ContentKind::Mailbox);
  EXPECT_EQ(kind_of("\1\1\1\1\nA: b\n"), ContentKind::Mailbox);
  EXPECT_EQ(kind_of("Subject: x\r\nFrom: y\r\n\r\n"), ContentKind::Message);
  EXPECT_EQ(kind_of("PK\3\4"), ContentKind::Zip);
  EXPECT_EQ(kind_of(std::string(257, '\0') + "ustar"), ContentKind::Tar);
  EXPECT_EQ(kind_of("*mbx*\r\n"), ContentKind::Unsupported);
  EXPECT_EQ(kind_of("BABYL OPTIONS:"), ContentKind::Unsupported);
  EXPECT_EQ(kind_of("!BDN"), ContentKind::Unsupported);
}

TEST(RecogniseTest, TextThatOnlyLooksLikeMailIsNone) {
  EXPECT_EQ(kind_of("hello\n"), ContentKind::Other);
  EXPECT_EQ(kind_of("From Monday on all is well\nx\n"), ContentKind::Other);
  EXPECT_EQ(kind_of("name: value\ndate: today\n"), ContentKind::Other) << "one field is none";
  EXPECT_EQ(kind_of("From: a\nTo: b\n- list\n"), ContentKind::Other) << "YAML";
  EXPECT_EQ(kind_of("12\nFrom: a\n"), ContentKind::Other);
}

TEST(RecogniseTest, TheNameHelpsWhereContentLeavesItOpen) {
  EXPECT_EQ(kind_of("Subject: x\n\n", "a.EML"), ContentKind::Message);
  EXPECT_EQ(kind_of("Subject: x\n\n", "17"), ContentKind::Message);
  EXPECT_EQ(kind_of("Subject: x\n\n", "a.txt"), ContentKind::Other);
  EXPECT_EQ(kind_of("12\nSubject: x\n\n", "a.emlx"), ContentKind::Emlx);
  EXPECT_EQ(kind_of("garbage\n", "a.mbox.gz"), ContentKind::Mailbox) << "its reader will say";
  EXPECT_EQ(without_compression("a.mbox.GZ"), "a.mbox");
  EXPECT_FALSE(is_mh_name("012"));
}

}  // namespace
}  // namespace lbx::convert
