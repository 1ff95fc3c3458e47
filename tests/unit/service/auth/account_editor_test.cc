// SPDX-License-Identifier: MIT
#include "service/auth/account_editor.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::auth {
namespace {

using testing::Contains;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

Record record_of(const std::string& name) {
  Record record;
  record.name = name;
  record.home = "/h";
  record.maildir = "m";
  return record;
}

TEST(AccountEditor, AddsReplacesAndRemoves) {
  ScratchDirectory scratch;
  TestSystem outside;
  Result<AccountEditor> editor = AccountEditor::open(outside.files, scratch.path());
  ASSERT_TRUE(editor) << editor.error().what;
  ASSERT_TRUE(editor->put(record_of("joe")));
  ASSERT_TRUE(editor->put(record_of("jim")));
  EXPECT_NE(editor->accounts().find("joe"), nullptr);
  ASSERT_TRUE(editor->remove("joe"));
  EXPECT_EQ(scratch.read("users/accounts"), "jim:self:/h:m::::\n");
  EXPECT_THAT(outside.files.journal(), Contains("sync"));
}

TEST(AccountEditor, WritesNothingThatCouldNotBeRead) {
  ScratchDirectory scratch;
  TestSystem outside;
  Result<AccountEditor> editor = AccountEditor::open(outside.files, scratch.path());
  ASSERT_TRUE(editor);
  Record record = record_of("joe");
  record.home = "/a:b";
  EXPECT_FALSE(editor->put(record));
  record.home = "/a\nb";
  EXPECT_FALSE(editor->put(record));
  EXPECT_FALSE(scratch.exists("users/accounts"));
}

// Whatever call fails: the old file or the new one, whole, and an error unless it is the new one.
TEST(AccountEditor, EveryFailingCallLeavesAWholeFile) {
  for (std::size_t n = 1; n < 40; ++n) {
    ScratchDirectory scratch;
    scratch.make_directory("users");
    scratch.write("users/accounts", "jim:self:/h:m::::\n");
    ::chmod(scratch.path("users/accounts").c_str(), 0600);
    TestSystem outside;
    outside.files.fail_call(n, EIO);
    const Result<void> put = [&]() -> Result<void> {
      AccountEditor editor = LBX_TRY(AccountEditor::open(outside.files, scratch.path()));
      return editor.put(record_of("joe"));
    }();
    const std::string text = scratch.read("users/accounts");
    const std::string fresh = "jim:self:/h:m::::\njoe:self:/h:m::::\n";
    EXPECT_TRUE(text == fresh || (!put && text == "jim:self:/h:m::::\n")) << n << text;
  }
}

}  // namespace
}  // namespace lbx::auth
