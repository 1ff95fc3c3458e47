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

}  // namespace
}  // namespace lbx::convert
