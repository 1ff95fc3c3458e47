// SPDX-License-Identifier: MIT
#include "core/base/modified_utf7.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

struct Case {
  std::string_view utf8;
  std::string_view utf7;
};
// The last but one is from RFC 3501 section 5.1.3.
constexpr Case kCases[] = {
    {"", ""},
    {"Sent Mail", "Sent Mail"},
    {"a&b", "a&-b"},
    {"Entw\xc3\xbcrfe", "Entw&APw-rfe"},
    {"\xe5\x8f\xb0\xe5\x8c\x97", "&U,BTFw-"},
    {"~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
     "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
    {"\xf0\x9f\x93\xac", "&2D3c7A-"},
};

TEST(ModifiedUtf7Test, NamesAreWrittenAsImapWantsThemAndReadBack) {
  for (const Case& each : kCases) {
    EXPECT_EQ(to_modified_utf7(each.utf8), each.utf7);
    EXPECT_EQ(from_modified_utf7(each.utf7), each.utf8);
  }
}

TEST(ModifiedUtf7Test, WhatIsNotUtf8HasNoForm) {
  EXPECT_FALSE(to_modified_utf7("\xff"));
  EXPECT_FALSE(to_modified_utf7("a\xc3"));
}

TEST(ModifiedUtf7Test, OnlyTheOneRightFormIsRead) {
  for (const std::string_view each :
       {"&", "&APw", "&AGE-", "&APw-&APw-", "&2D0-", "&3Kw-", "&/-", "&APx-", "\xc3\xbc", "&A-"}) {
    EXPECT_FALSE(from_modified_utf7(each)) << each;
  }
}

}  // namespace
}  // namespace lbx
