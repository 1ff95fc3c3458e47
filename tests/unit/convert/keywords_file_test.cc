// SPDX-License-Identifier: MIT
#include "convert/keywords_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class KeywordsFileTest : public testing::Test {
 protected:
  std::int64_t write() {
    EXPECT_TRUE(write_keywords(system.files, scratch.fd(), keywords));
    struct stat status {};
    EXPECT_EQ(::stat(scratch.path(kDovecotKeywordsFile).c_str(), &status), 0);
    return status.st_mtime;
  }

  ScratchDirectory scratch;
  TestSystem system;
  DovecotKeywords keywords;
};

TEST_F(KeywordsFileTest, WithoutAFileThereAreNone) {
  EXPECT_TRUE(read_keywords(system.files, scratch.fd()).value().empty());
}

TEST_F(KeywordsFileTest, WhatWasWrittenIsRead) {
  keywords.add("work");
  write();
  EXPECT_EQ(read_keywords(system.files, scratch.fd()).value(), keywords);
}

TEST_F(KeywordsFileTest, EachVersionIsASecondLater) {
  std::int64_t before = 0;
  for (const char* each : {"one", "two", "three"}) {
    keywords.add(each);
    const std::int64_t time = write();
    EXPECT_GT(time, before) << each;
    before = time;
  }
}

}  // namespace
}  // namespace lbx::convert
