// SPDX-License-Identifier: MIT
#include "convert/subscriptions.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

const std::set<FolderName> kFolders{FolderName{}, FolderName::of_path("A/B\u00fc"),
                                    FolderName::of_path("C")};

TEST(SubscriptionsTest, NamesStandAsEachServerWritesThem) {
  EXPECT_EQ(with_subscriptions("", SubscriptionForm::Dovecot, kFolders), "A.B&APw-\nC\n");
  EXPECT_EQ(with_subscriptions("", SubscriptionForm::Courier, kFolders),
            "INBOX.A.B&APw-\nINBOX.C\n");
  EXPECT_EQ(with_subscriptions("V\t2\n\nX\tY\n", SubscriptionForm::Dovecot, kFolders),
            "V\t2\n\nX\tY\nA\tB&APw-\nC\n");
}

TEST(SubscriptionsTest, WhatStandsThereStaysAndComesOnce) {
  EXPECT_EQ(with_subscriptions("C\n#odd\nZ", SubscriptionForm::Dovecot, kFolders),
            "C\n#odd\nZ\nA.B&APw-\n");
  EXPECT_EQ(with_subscriptions("INBOX\nINBOX.C\n#shared.x\n", SubscriptionForm::Courier, kFolders),
            "INBOX\nINBOX.C\n#shared.x\nINBOX.A.B&APw-\n");
  EXPECT_EQ(with_subscriptions("V\t2\n\nA\tB&APw-\nC\n", SubscriptionForm::Dovecot, kFolders),
            "V\t2\n\nA\tB&APw-\nC\n");
}

TEST(SubscriptionsTest, WhatIsWrittenIsReadBack) {
  for (const auto form : {SubscriptionForm::Dovecot, SubscriptionForm::Courier}) {
    std::set<FolderName> folders = kFolders;
    folders.erase(FolderName{});
    EXPECT_EQ(subscribed_folders(with_subscriptions("", form, kFolders), form), folders);
  }
}

class SubscribeTest : public testing::Test {
 protected:
  SubscribeTest() {
    scratch.make_maildir("m");
    maildir.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
  UniqueFd maildir;
};

TEST_F(SubscribeTest, ANewFolderIsSubscribedInTheFormOfTheServerAndWhereTheOtherIsInUse) {
  scratch.make_maildir("staging");
  scratch.make_maildir("m/.C");
  scratch.write("m/courierimapsubscribed", "INBOX.X\n");
  const UniqueFd root{::open(scratch.path("staging").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  const std::vector<FolderName> folders{kFolders.begin(), kFolders.end()};
  const StateLog log{outside.files, root.get()};
  ASSERT_TRUE(subscribe_new_folders(
      outside.system, locks, {root.get(), maildir.get(), folders, log}, SubscriptionForm::Dovecot));
  EXPECT_EQ(scratch.read("m/subscriptions"), "A.B&APw-\n") << "C is not new";
  EXPECT_EQ(scratch.read("m/courierimapsubscribed"), "INBOX.X\nINBOX.A.B&APw-\n");
}

TEST_F(SubscribeTest, TheServersLockIsWaitedFor) {
  scratch.write("m/subscriptions.lock", "");
  const Result<void> done =
      subscribe(outside.system, locks, maildir.get(), SubscriptionForm::Dovecot, kFolders);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().retry, Retry::Later);
  EXPECT_GE(locks.slept, kMboxLockTimeout);
  EXPECT_FALSE(scratch.exists("m/subscriptions"));
}

TEST_F(SubscribeTest, AFileThatIsTooLargeIsNotShrunk) {
  const std::string large(kMaxSubscriptions + 1, 'x');
  scratch.write("m/subscriptions", large);
  EXPECT_FALSE(
      subscribe(outside.system, locks, maildir.get(), SubscriptionForm::Dovecot, kFolders));
  EXPECT_EQ(scratch.read("m/subscriptions"), large);
}

}  // namespace
}  // namespace lbx::convert
