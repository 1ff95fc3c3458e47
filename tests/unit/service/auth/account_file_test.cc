// SPDX-License-Identifier: MIT
#include "service/auth/account_file.h"

#include <gtest/gtest.h>

#include <string>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::auth {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

const std::string kHash = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";

Record example() {
  Record record;
  record.name = "joe@example.org";
  record.owner = Owner{1001, 1002};
  record.home = "/home/joe";
  record.maildir = "./Maildir/";
  record.password = kHash;
  record.scram = *derive_scram_keys("x", "0123456789abcdef", kMinScramIterations);
  record.quota = 1'000'000;
  return record;
}

TEST(AccountFile, ReadsWhatItWrites) {
  Record record = example();
  EXPECT_EQ(*parse_record(to_line(record)), record);
  record.owner.reset();
  record.scram.reset();
  record.quota.reset();
  record.password.clear();
  record.disabled = true;
  EXPECT_EQ(to_line(record), "joe@example.org:self:/home/joe:./Maildir/::::disabled");
  EXPECT_EQ(*parse_record(to_line(record)), record);
  record.tls_only = true;
  EXPECT_EQ(to_line(record), "joe@example.org:self:/home/joe:./Maildir/::::disabled,tls-only");
  EXPECT_EQ(*parse_record(to_line(record)), record);
  record.disabled = false;
  EXPECT_EQ(*parse_record(to_line(record)), record);
}

TEST(AccountFile, AMaildirLiesBelowTheHomeUnlessItIsAbsolute) {
  Record record = example();
  EXPECT_EQ(record.account().maildir, "/home/joe/Maildir/");
  record.maildir = "mail";
  EXPECT_EQ(record.account().maildir, "/home/joe/mail");
  record.maildir = "/srv/joe/";
  EXPECT_EQ(record.account().maildir, "/srv/joe/");
}

TEST(AccountFile, NamesTheLineThatIsWrong) {
  const std::string good = to_line(example()) + '\n';
  EXPECT_TRUE(AccountFile::parse("# comment\n\n" + good));
  for (const std::string& bad :
       {std::string{"joe:self:/h:m:::"}, std::string{"joe:self:/h:m:::::"},
        std::string{":self:/h:m::::"}, std::string{"Joe:self:/h:m::::"},
        std::string{"joe:0/0:/h:m::::"}, std::string{"joe:1:/h:m::::"},
        std::string{"joe:1/4294967295:/h:m::::"}, std::string{"joe:-1/1:/h:m::::"},
        std::string{"joe:self:h:m::::"}, std::string{"joe:self:/h:::::"},
        std::string{"joe:self:/h\r:m::::"}, std::string{"joe:self:/h:m:plain:::"},
        std::string{"joe:self:/h:m::x::"}, std::string{"joe:self:/h:m:::1k:"},
        std::string{"joe:self:/h:m::::off"}, std::string{"joe:self:/h:m::::disabled,"},
        "joe:self:/" + std::string(kMaxPath, 'h') + ":m::::", good}) {
    const Result<AccountFile> file = AccountFile::parse(good + bad);
    ASSERT_FALSE(file) << bad;
    EXPECT_TRUE(file.error().what.starts_with("line 2: ")) << file.error().what;
    EXPECT_EQ(file.error().retry, Retry::Later);
  }
}

TEST(AccountFile, EditingTouchesOneLine) {
  Record record = example();
  const std::string text = "# ours\n\njim:self:/h:m::::\n" + to_line(record) + "\nno newline";
  record.disabled = true;
  EXPECT_EQ(edited(text, record.name, record),
            "# ours\n\njim:self:/h:m::::\n" + to_line(record) + "\nno newline\n");
  EXPECT_EQ(edited(text, "jim", std::nullopt),
            "# ours\n\n" + to_line(example()) + "\nno newline\n");
  EXPECT_EQ(edited("", record.name, record), to_line(record) + '\n');
  EXPECT_EQ(edited("a", record.name, record), "a\n" + to_line(record) + '\n');
}

TEST(AccountFile, RefusesAFileThatOthersMayReadAndTakesAMissingOneForEmpty) {
  ScratchDirectory scratch;
  TestSystem outside;
  const std::string path = scratch.path("accounts");
  EXPECT_TRUE(AccountFile::read(outside.files, path)->records().empty());
  scratch.write("accounts", to_line(example()) + '\n');
  ::chmod(path.c_str(), 0644);
  EXPECT_FALSE(AccountFile::read(outside.files, path));
  ::chmod(path.c_str(), 0600);
  const Result<AccountFile> file = AccountFile::read(outside.files, path);
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_NE(file->find("joe@example.org"), nullptr);
  EXPECT_EQ(file->find("joe"), nullptr);
  EXPECT_TRUE(file->any_scram());
}

}  // namespace
}  // namespace lbx::auth
