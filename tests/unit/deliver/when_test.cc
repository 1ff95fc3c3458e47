// SPDX-License-Identifier: MIT
#include "deliver/when.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "core/base/io.h"
#include "support/scratch.h"

namespace lbx::deliver {
namespace {

using testing_support::ScratchDirectory;

constexpr std::string_view kMessage =
    "Received: by a\nReceived: by b\nSubject: Hello\n  World\nList-Id: <dev.lists.example>\n"
    "X-Empty:\nX-Coded: =?utf-8?q?caf=C3=A9?=\n\nX-Body: yes\n";

class WhenTest : public testing::Test {
 protected:
  WhenTest() { scratch.write("message", kMessage); }
  bool when(const WhenOptions& options) {
    const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY)};
    const Result<bool> found = matches(files, message.get(), options);
    EXPECT_TRUE(found) << found.error().what;
    return found && *found;
  }

  ScratchDirectory scratch;
  PosixFileOps files;
};

TEST_F(WhenTest, APatternMatchesTheWholeValueInAnyCase) {
  EXPECT_TRUE(when({"subject", "hello world"}));
  EXPECT_TRUE(when({"LIST-ID", "*.lists.example>"}));
  EXPECT_TRUE(when({"List-Id", "<???.[a-m]*"}));
  EXPECT_FALSE(when({"Subject", "hello"}));
  EXPECT_FALSE(when({"Subject", "hello  world"})) << "folds become one blank";
}

TEST_F(WhenTest, EveryFieldOfTheNameIsLookedAt) {
  EXPECT_TRUE(when({"Received", "by b"}));
  EXPECT_FALSE(when({"Received", "by c"}));
}

TEST_F(WhenTest, AnEmptyFieldIsThereAndAMissingOneIsNot) {
  EXPECT_TRUE(when({"X-Empty", ""}));
  EXPECT_TRUE(when({"X-Empty", "*"}));
  EXPECT_FALSE(when({"X-Missing", "*"}));
}

TEST_F(WhenTest, TheBodyIsNoHeader) {
  EXPECT_FALSE(when({"X-Body", "*"}));
}

TEST_F(WhenTest, TheNextProgramOfTheLineSeesTheSameMessage) {
  const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY)};
  for (int times = 0; times < 2; ++times) {
    const Result<bool> found = matches(files, message.get(), {"Subject", "hello*"});
    EXPECT_TRUE(found && *found) << times;
  }
}

TEST_F(WhenTest, APipeIsReadOn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  ASSERT_TRUE(write_all(files, writer.get(), kMessage));
  writer.reset();
  const Result<bool> found = matches(files, reader.get(), {"Subject", "hello*"});
  EXPECT_TRUE(found && *found);
}

TEST_F(WhenTest, CaseMayCount) {
  EXPECT_FALSE(when({"Subject", "hello*", false, true}));
  EXPECT_TRUE(when({"Subject", "Hello*", false, true}));
  EXPECT_FALSE(when({"Subject", "hello", true, true}));
}

TEST_F(WhenTest, ARegularExpressionMatchesSomewhere) {
  EXPECT_TRUE(when({"Subject", "o +w", true}));
  EXPECT_TRUE(when({"Subject", "^hello", true}));
  EXPECT_FALSE(when({"Subject", "^world", true}));
}

TEST_F(WhenTest, EncodedWordsStayEncoded) {
  EXPECT_TRUE(when({"X-Coded", "=[?]utf-8[?]*"}));
  EXPECT_FALSE(when({"X-Coded", "caf*"}));
}

TEST_F(WhenTest, APatternThatMakesNoSenseWaits) {
  const UniqueFd message{::open(scratch.path("message").c_str(), O_RDONLY)};
  const Result<bool> found = matches(files, message.get(), {"Subject", "(", true});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().retry, Retry::Later);
}

}  // namespace
}  // namespace lbx::deliver
