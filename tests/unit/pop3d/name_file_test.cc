// SPDX-License-Identifier: MIT
#include "pop3d/name_file.h"

#include <gmock/gmock.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

std::string text_of(std::initializer_list<std::pair<const char*, const char*>> lines) {
  NameFileWriter writer{"kind"};
  for (const auto& [value, base] : lines) writer.add(value, base);
  return std::move(writer).text();
}

TEST(NameFileTest, WhatIsWrittenIsFound) {
  const std::string text = text_of({{"1", "a"}, {"22/3", "name with blanks"}, {"x", "\xff"}});
  const auto file = NameFile::parse(text, "kind");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->count(), 3U);
  EXPECT_EQ(file->find("a"), "1");
  EXPECT_EQ(file->find("name with blanks"), "22/3");
  EXPECT_EQ(file->find("\xff"), "x");
  EXPECT_EQ(file->find("b"), std::nullopt);
  EXPECT_EQ(file->find(""), std::nullopt);
}

TEST(NameFileTest, EveryLineIsVisited) {
  const auto file = NameFile::parse(text_of({{"1", "a"}, {"2", "b c"}}), "kind");
  std::vector<std::string> seen;
  file->each([&](std::string_view value, std::string_view base) {
    seen.push_back(std::string{value} + '=' + std::string{base});
  });
  EXPECT_THAT(seen, ElementsAre("1=a", "2=b c"));
}

TEST(NameFileTest, ATornOrChangedFileCountsAsNone) {
  const std::string whole = text_of({{"1", "a"}, {"2", "b"}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(NameFile::parse(whole.substr(0, size), "kind")) << size;
    std::string changed = whole;
    changed[size] = static_cast<char>(changed[size] ^ 1);
    EXPECT_FALSE(NameFile::parse(changed, "kind")) << size;
    EXPECT_FALSE(
        NameFile::parse(whole.substr(0, size) + std::string(whole.size() - size, '\0'), "kind"))
        << size;
  }
  EXPECT_FALSE(NameFile::parse(whole, "other"));
  EXPECT_TRUE(NameFile::parse(text_of({}), "kind"));
}

TEST(NameFileTest, ANameWithALineEndIsPassedOver) {
  const auto file = NameFile::parse(text_of({{"1", "a\nb"}, {"2", "c"}}), "kind");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->count(), 1U);
}

class NameFileOnDiskTest : public testing::Test {
 protected:
  void SetUp() override { scratch.make_maildir("m"); }
  int maildir() {
    fd.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
    return fd.get();
  }
  Result<void> write() {
    NameFileWriter writer{"kind"};
    writer.add("new", "a");
    return std::move(writer).commit(outside.system, maildir());
  }
  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd fd;
};

TEST_F(NameFileOnDiskTest, IsReplacedAsAWholeAndLeavesNothingBehind) {
  scratch.write("m/letterbox-kind", "rubbish");
  EXPECT_FALSE(NameFile::read(outside.files, maildir(), "kind"));
  ASSERT_TRUE(write());
  EXPECT_EQ(NameFile::read(outside.files, maildir(), "kind")->find("a"), "new");
  EXPECT_THAT(scratch.names("m/tmp"), IsEmpty());
}

// Whatever call fails, readers see the old file or the new one.
TEST_F(NameFileOnDiskTest, AFailingCallLeavesTheOldFileOrTheNewOne) {
  const std::string old = text_of({{"old", "a"}});
  for (std::size_t n = 1; n < 10; ++n) {
    scratch.write("m/letterbox-kind", old);
    outside.files.fail_call(n, EIO);
    const bool written = write().has_value();
    outside.files.fail_call(0, 0);
    const auto file = NameFile::read(outside.files, maildir(), "kind");
    ASSERT_TRUE(file) << n;
    if (written) {
      EXPECT_EQ(file->find("a"), "new") << n;
    }
    EXPECT_THAT(scratch.names("m/tmp"), IsEmpty()) << n;
  }
}

TEST_F(NameFileOnDiskTest, WhatIsNoPlainFileIsNotRead) {
  ASSERT_EQ(::mkfifo(scratch.path("m/letterbox-kind").c_str(), 0600), 0);
  EXPECT_FALSE(NameFile::read(outside.files, maildir(), "kind"));
  boost::filesystem::remove(scratch.path("m/letterbox-kind"));
  scratch.write("m/elsewhere", text_of({{"1", "a"}}));
  boost::filesystem::create_symlink("elsewhere", scratch.path("m/letterbox-kind"));
  EXPECT_FALSE(NameFile::read(outside.files, maildir(), "kind"));
}

TEST_F(NameFileOnDiskTest, AFileBeyondTheLimitIsNotRead) {
  scratch.write("m/letterbox-kind", "");
  boost::filesystem::resize_file(scratch.path("m/letterbox-kind"), kMaxNameFile + 1);  // a hole
  EXPECT_FALSE(NameFile::read(outside.files, maildir(), "kind"));
}

}  // namespace
}  // namespace lbx::pop3d
