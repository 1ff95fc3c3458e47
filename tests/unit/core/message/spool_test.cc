// SPDX-License-Identifier: MIT
#include "core/message/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/io.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() { outside.system.environment["TMPDIR"] = scratch.path(); }

  Result<UniqueFd> spool_text(const std::string& text, SpoolLimits limits = {}) {
    scratch.write("input", text);
    input.reset(::open(scratch.path("input").c_str(), O_RDONLY));
    return spool(
        outside.system, input.get(), [](std::string head) { return head; }, limits);
  }
  std::string content(int fd) {
    std::string all;
    const Result<void> read = for_each_chunk(outside.files, fd, [&](std::string_view bytes) {
      all += bytes;
      return Result<void>{};
    });
    EXPECT_TRUE(read);
    return all;
  }

  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd input;
};

TEST_F(SpoolTest, AnEmptyTmpdirIsNone) {
  EXPECT_EQ(spool_folder(outside.system), scratch.path());
  outside.system.environment["TMPDIR"] = "";
  EXPECT_EQ(spool_folder(outside.system), "/var/tmp");
}

TEST_F(SpoolTest, HoldsASmallMessageInMemory) {
  const Result<UniqueFd> message = spool_text("Subject: x\n\nbody");
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_EQ(content(message->get()), "Subject: x\n\nbody");
  EXPECT_EQ(scratch.names("").size(), 1U);
}

TEST_F(SpoolTest, AMessageBeyondTheLimitGoesToANamelessFile) {
  const std::string text(kIoChunk * 3, 'x');
  const Result<UniqueFd> message = spool_text(text, {100, 1U << 20U});
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_EQ(content(message->get()), text);
  EXPECT_EQ(scratch.names("").size(), 1U);
  const auto& calls = outside.files.journal();
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "open " + scratch.path()), 1);
}

TEST_F(SpoolTest, NobodyCanChangeTheMessageThroughItsDescriptor) {
  for (const std::size_t memory : {std::size_t{100}, std::size_t{0}}) {
    const Result<UniqueFd> message = spool_text("abc", {memory, 1000});
    ASSERT_TRUE(message) << message.error().what;
    EXPECT_LT(::write(message->get(), "x", 1), 0);
    EXPECT_EQ(errno, memory > 0 ? EPERM : EBADF);  // sealed, or a descriptor for reading
    EXPECT_NE(::ftruncate(message->get(), 0), 0);
  }
}

TEST_F(SpoolTest, AMessageBeyondTheTotalIsAnError) {
  const Result<UniqueFd> message = spool_text(std::string(1001, 'x'), {100, 1000});
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().retry, Retry::Later);
  EXPECT_EQ(message.error().what, "a message of more than 1000 octets");
}

TEST_F(SpoolTest, AFullDiskIsAnError) {
  outside.files.fail_every("write", ENOSPC);
  const Result<UniqueFd> message = spool_text(std::string(1001, 'x'), {100, 10000});
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().os_error, ENOSPC);
}

TEST_F(SpoolTest, WithoutNamelessFilesTheNameIsGoneAtOnce) {
  outside.files.fail_call(2, EOPNOTSUPP);  // read, then the open with O_TMPFILE
  const Result<UniqueFd> message = spool_text(std::string(1001, 'x'), {100, 10000});
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_EQ(content(message->get()).size(), 1001U);
  EXPECT_EQ(scratch.names("").size(), 1U);
}

TEST_F(SpoolTest, TheHeadCanBeRewritten) {
  scratch.write("input", "From x\nSubject: y\n");
  input.reset(::open(scratch.path("input").c_str(), O_RDONLY));
  const Result<UniqueFd> message =
      spool(outside.system, input.get(), [](const std::string& head) { return head.substr(7); });
  ASSERT_TRUE(message) << message.error().what;
  EXPECT_EQ(content(message->get()), "Subject: y\n");
}

TEST_F(SpoolTest, DrainReadsToTheEnd) {
  scratch.write("input", std::string(200'000, 'x'));
  input.reset(::open(scratch.path("input").c_str(), O_RDONLY));
  drain(outside.files, input.get());
  EXPECT_EQ(::lseek(input.get(), 0, SEEK_CUR), 200'000);
}

}  // namespace
}  // namespace lbx
