// SPDX-License-Identifier: MIT
#include "convert/maildir_copy.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

const std::vector<std::string> kMailboxes{"", "/.Lists"};

void fill(const ScratchDirectory& scratch) {
  scratch.make_maildir("from");
  scratch.make_maildir("from/.Lists");
  scratch.write("from/new/1.a.host", "A: 1\n\nx\n");
  scratch.write("from/cur/2.a.host:2,FSa", "A: 2\n\nx\n");
  scratch.write("from/dovecot-keywords", "0 $Label1\n");
  scratch.write("from/dovecot-uidlist", "3 V7 N9\n4 :2.a.host\n8 :1.a.host\n");
  scratch.write("from/.Lists/cur/3.a.host:2,", "A: 3\n\nx\n");
}

/// Everything that a reader can see.
std::map<std::string, std::string> visible(const ScratchDirectory& scratch,
                                           const std::string& maildir) {
  std::map<std::string, std::string> out;
  for (const std::string& mailbox : kMailboxes) {
    for (const char* part : {"/new", "/cur"}) {
      const std::string where = mailbox + part;
      if (!scratch.exists(maildir + where)) continue;
      for (const std::string& name : scratch.names(maildir + where)) {
        out[where + '/' + name] = scratch.read(maildir + where + '/' + name);
      }
    }
  }
  return out;
}

CopyOptions options(const ScratchDirectory& scratch, CopyOptions::Into into) {
  CopyOptions out;
  out.sources = {scratch.path("from")};
  out.target = scratch.path("to");
  out.into = into;
  return out;
}

// Whatever call fails: nobody sees a part of a message, and the next run makes it whole.
TEST(MaildirCopyTest, AfterEveryFailingCallTheNextRunCompletesIt) {
  for (const auto into : {CopyOptions::Into::New, CopyOptions::Into::Existing}) {
    bool whole = false;
    for (std::size_t n = 1; n < 400 && !whole; ++n) {
      SCOPED_TRACE(n);
      const ScratchDirectory scratch;
      fill(scratch);
      if (into == CopyOptions::Into::Existing) scratch.make_maildir("to");
      const auto right = visible(scratch, "from");
      TestSystem world;
      FakeLockOps locks;
      world.files.fail_call(n, EIO);
      const bool done = copy_maildirs(world.system, locks, options(scratch, into)).has_value();
      whole = world.files.journal().size() < n;
      if (scratch.exists("to")) {
        for (const auto& [path, text] : visible(scratch, "to")) EXPECT_EQ(right.at(path), text);
      }
      if (!done || whole) {
        // Where that call was to remove it, it stays for five minutes.
        for (const char* maildir : {"to", ".to.letterbox-copy"}) {
          ::unlink(scratch.path(std::string{maildir} + "/dovecot-uidlist.lock").c_str());
        }
        TestSystem again;
        const auto next =
            scratch.exists("to") ? CopyOptions::Into::Existing : CopyOptions::Into::New;
        const auto second = copy_maildirs(again.system, locks, options(scratch, next));
        ASSERT_TRUE(second) << second.error().what;
      }
      EXPECT_EQ(visible(scratch, "to"), right);
      EXPECT_EQ(scratch.read("to/dovecot-keywords"), "0 $Label1\n");
      EXPECT_EQ(scratch.read("to/dovecot-uidlist"), "3 V7 N9\n4 :2.a.host\n8 :1.a.host\n");
    }
    EXPECT_TRUE(whole);
  }
}

TEST(MaildirCopyTest, ASecondRunAtOnceIsRefused) {
  const ScratchDirectory scratch;
  fill(scratch);
  scratch.make_maildir("to");
  TestSystem world;
  FakeLockOps locks;
  locks.free = false;
  const auto copied =
      copy_maildirs(world.system, locks, options(scratch, CopyOptions::Into::Existing));
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().retry, Retry::Later);
}

/// What Courier has noted of a Maildir.
void fill_as_courier(const ScratchDirectory& scratch) {
  scratch.make_maildir("from");
  scratch.make_maildir("from/.R&D");
  scratch.make_maildir("from/courierimapkeywords");
  scratch.write("from/cur/1.a.host:2,S", "A: 1\n\nx\n");
  scratch.write("from/cur/2.a.host:2,F", "A: 2\n\nx\n");
  scratch.write("from/cur/3.a.host:2,", "A: 3\n\nx\n");
  scratch.write("from/courierimapuiddb", "1 7 9\n4 2.a.host\n8 1.a.host\n");
  scratch.write("from/courierpop3dsizelist",
                "/3 6 77\n1.a.host:2,S 12 5:77:0\n3.a.host:2, 12 2:76:0\ngone:2, 1 4:77:0\n");
  scratch.write("from/courierimapkeywords/:list", "work\n$Label1\n\n1.a.host:0 1\n2.a.host:1\n");
  scratch.write("from/courierimapsubscribed", "INBOX.R&D\n");
}

void copy(const ScratchDirectory& scratch, std::optional<ServerKind> server) {
  TestSystem world;
  FakeLockOps locks;
  CopyOptions wanted = options(scratch, CopyOptions::Into::New);
  wanted.server = server;
  const auto copied = copy_maildirs(world.system, locks, wanted);
  ASSERT_TRUE(copied) << copied.error().what;
}

TEST(MaildirCopyTest, WhatCourierNotedIsCouriersAgain) {
  for (const std::optional<ServerKind> server :
       {std::optional<ServerKind>{}, std::optional{ServerKind::Courier}}) {
    const ScratchDirectory scratch;
    fill_as_courier(scratch);
    copy(scratch, server);
    // A message that only POP3 had seen has the next number, the last that was given is not used
    // again.
    EXPECT_EQ(scratch.read("to/courierimapuiddb"), "1 7 11\n4 2.a.host\n8 1.a.host\n9 3.a.host\n");
    EXPECT_EQ(scratch.read("to/courierpop3dsizelist"),
              "/2 6 77\n1.a.host:2, 12 5:77\n3.a.host:2, 12 2:76\n");
    EXPECT_EQ(scratch.read("to/courierimapkeywords/1.a.host"), "work\n$Label1\n");
    EXPECT_EQ(scratch.read("to/courierimapkeywords/2.a.host"), "$Label1\n");
    EXPECT_EQ(scratch.read("to/courierimapsubscribed"), "INBOX.R&D\n");
    EXPECT_FALSE(scratch.exists("to/dovecot-uidlist"));
    EXPECT_TRUE(scratch.exists("to/.R&D/cur"));
  }
}

TEST(MaildirCopyTest, WhatCourierNotedBecomesDovecots) {
  const ScratchDirectory scratch;
  fill_as_courier(scratch);
  copy(scratch, ServerKind::Dovecot);
  EXPECT_EQ(scratch.read("to/dovecot-uidlist"),
            "3 V7 N11\n4 :2.a.host\n8 PUID5-77 W12 :1.a.host\n9 PUID2-76 W12 :3.a.host\n");
  EXPECT_EQ(scratch.read("to/dovecot-keywords"), "0 work\n1 $Label1\n");
  EXPECT_TRUE(scratch.exists("to/cur/1.a.host:2,Sab"));
  EXPECT_TRUE(scratch.exists("to/cur/2.a.host:2,Fb"));
  EXPECT_TRUE(scratch.exists("to/.R&-D/cur"));
  EXPECT_EQ(scratch.read("to/subscriptions"), "R&-D\n");
  EXPECT_FALSE(scratch.exists("to/courierimapuiddb"));
  EXPECT_FALSE(scratch.exists("to/courierimapkeywords"));
}

TEST(MaildirCopyTest, WhatDovecotNotedBecomesCouriers) {
  const ScratchDirectory scratch;
  fill(scratch);
  scratch.write("from/dovecot-uidlist", "3 V7 N9\n4 PUID3-77 W12 :2.a.host\n8 Pother :1.a.host\n");
  scratch.write("from/subscriptions", "V\t2\n\nLists\n");
  copy(scratch, ServerKind::Courier);
  EXPECT_EQ(scratch.read("to/courierimapuiddb"), "1 7 9\n4 2.a.host\n8 1.a.host\n");
  EXPECT_EQ(scratch.read("to/courierpop3dsizelist"), "/2 4 77\n2.a.host:2, 12 3:77\n");
  EXPECT_EQ(scratch.read("to/courierimapkeywords/2.a.host"), "$Label1\n");
  EXPECT_TRUE(scratch.exists("to/cur/2.a.host:2,FS")) << "no letter means anything there";
  EXPECT_EQ(scratch.read("to/courierimapsubscribed"), "INBOX.Lists\n");
  EXPECT_FALSE(scratch.exists("to/dovecot-keywords"));
  EXPECT_FALSE(scratch.exists("to/subscriptions"));
}

TEST(MaildirCopyTest, SubscriptionsOfTheTargetStay) {
  const ScratchDirectory scratch;
  fill(scratch);
  scratch.make_maildir("to");
  scratch.write("from/subscriptions", "Lists\nMine\n");
  scratch.write("to/subscriptions", "V\t2\n\nMine\n");
  TestSystem world;
  FakeLockOps locks;
  ASSERT_TRUE(copy_maildirs(world.system, locks, options(scratch, CopyOptions::Into::Existing)));
  EXPECT_EQ(scratch.read("to/subscriptions"), "V\t2\n\nMine\nLists\n");
}

}  // namespace
}  // namespace lbx::convert
