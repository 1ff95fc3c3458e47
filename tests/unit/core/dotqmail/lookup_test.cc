// SPDX-License-Identifier: MIT
#include "core/dotqmail/lookup.h"

#include <gmock/gmock.h>

namespace lbx::dotqmail {
namespace {

using testing::ElementsAre;
using Strings = std::vector<std::string>;

Strings paths(std::string_view dash, std::string_view ext) {
  Strings out;
  const Result<std::vector<Candidate>> found = candidates(dash, ext);
  EXPECT_TRUE(found);
  for (const Candidate& each : *found) out.push_back(each.path);
  return out;
}

Strings defaults(std::string_view dash, std::string_view ext) {
  Strings out;
  const Result<std::vector<Candidate>> found = candidates(dash, ext);
  for (const Candidate& each : *found) out.push_back(each.default_part.value_or("unset"));
  return out;
}

// The table of CONTRACT 2.3.
TEST(LookupTest, TriesTheExtensionAndThenEveryDefaultToTheLeft) {
  EXPECT_THAT(paths("", ""), ElementsAre(".qmail", ".qmaildefault"));
  EXPECT_THAT(paths("-", "a"), ElementsAre(".qmail-a", ".qmail-default"));
  EXPECT_THAT(paths("-", "a-"), ElementsAre(".qmail-a-", ".qmail-a-default", ".qmail-default"));
  EXPECT_THAT(paths("-", "a-b.c-D"), ElementsAre(".qmail-a-b:c-d", ".qmail-a-b:c-default",
                                                 ".qmail-a-default", ".qmail-default"));
  EXPECT_THAT(paths("-/", "a-b"),
              ElementsAre(".qmail-/a-b", ".qmail-/a-default", ".qmail-/default"));
}

TEST(LookupTest, NoSenderCanClimb) {
  EXPECT_THAT(paths("-/", "../x"), ElementsAre(".qmail-/::/x", ".qmail-/default"));
}

TEST(LookupTest, DefaultIsWhatMatchedInTheCaseItWasSent) {
  EXPECT_THAT(defaults("-", "a-B.C"), ElementsAre("unset", "B.C", "a-B.C"));
  EXPECT_THAT(defaults("-", "x-DEFAULT"), ElementsAre("DEFAULT", "DEFAULT", "x-DEFAULT"));
}

TEST(LookupTest, AnExtensionBeyondTheLimitIsNever) {
  EXPECT_EQ(paths("-", std::string(kMaxExtension, '-')).size(), kMaxExtension + 2);
  const Result<std::vector<Candidate>> beyond =
      candidates("-", std::string(kMaxExtension + 1, 'x'));
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().retry, Retry::Never);
}

TEST(LookupTest, OwnerFilesHaveTheWholeExtension) {
  const OwnerFiles names = owner_files("-", "List.X");
  EXPECT_EQ(names.owner, ".qmail-list:x-owner");
  EXPECT_EQ(names.owner_default, ".qmail-list:x-owner-default");
}

}  // namespace
}  // namespace lbx::dotqmail
