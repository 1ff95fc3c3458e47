// SPDX-License-Identifier: MIT
#include "convert/expand.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using namespace std::string_view_literals;
using testing::HasSubstr;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

// "From a\n", compressed by the tools of each name.
struct Sample {
  Compression compression;
  std::string_view bytes;
};
constexpr Sample kSamples[] = {
    {Compression::Gzip,
     "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x73\x2b\xca\xcf\x55\x48\xe4\x02\x00\xad"
     "\x09\x0d\x8a\x07\x00\x00\x00"sv},
    {Compression::Bzip2,
     "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x0f\xd9\x83\x52\x00\x00\x01\x55\x80\x00"
     "\x10\x40\x00\x01\x00\x20\x02\x90\x00\x20\x00\x22\x18\x02\x18\x04\xca\x96\xe1\x77"
     "\x24\x53\x85\x09\x00\xfd\x98\x35\x20"sv},
    {Compression::Xz,
     "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00"
     "\x74\x2f\xe5\xa3\x01\x00\x06\x46\x72\x6f\x6d\x20\x61\x0a\x00\x00\x99\xbd\x78\xea"
     "\x60\xdd\xad\x9a\x00\x01\x1f\x07\x16\x2e\xb8\x73\x1f\xb6\xf3\x7d\x01\x00\x00\x00"
     "\x00\x04\x59\x5a"sv},
    {Compression::Zstd,
     "\x28\xb5\x2f\xfd\x04\x58\x39\x00\x00\x46\x72\x6f\x6d\x20\x61\x0a\xc3\xd7\x2f\xc8"sv},
};

class ExpandTest : public testing::Test {
 protected:
  ExpandTest() { outside.system.environment["TMPDIR"] = scratch.path(); }

  Result<std::string> expanded(const Sample& sample, std::string_view bytes,
                               std::uint64_t limit = 1000) {
    scratch.write("in", bytes);
    const UniqueFd fd{::open(scratch.path("in").c_str(), O_RDONLY)};
    const UniqueFd spool = LBX_TRY(expand(outside.system, fd.get(), sample.compression, limit));
    std::string text(100, '\0');
    text.resize(LBX_TRY(outside.files.read_at(spool.get(), text.data(), text.size(), 0)));
    return text;
  }

  ScratchDirectory scratch;
  TestSystem outside;
};

TEST_F(ExpandTest, KnowsEachFormByItsFirstOctets) {
  for (const Sample& sample : kSamples) {
    EXPECT_EQ(detect_compression(sample.bytes), sample.compression);
  }
  EXPECT_EQ(detect_compression("From a"), Compression::None);
  EXPECT_EQ(detect_compression(""), Compression::None);
}

TEST_F(ExpandTest, GivesTheContentAndLeavesNoName) {
  for (const Sample& sample : kSamples) {
    const Result<std::string> text = expanded(sample, sample.bytes);
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_EQ(*text, "From a\n");
  }
  EXPECT_EQ(scratch.names("").size(), 1U);
}

TEST_F(ExpandTest, ConcatenatedStreamsAreOneFile) {
  for (const Sample& sample : kSamples) {
    const Result<std::string> text =
        expanded(sample, std::string{sample.bytes} + std::string{sample.bytes});
    ASSERT_TRUE(text) << text.error().what;
    EXPECT_EQ(*text, "From a\nFrom a\n");
  }
}

TEST_F(ExpandTest, EveryTruncationIsNoticed) {
  for (const Sample& sample : kSamples) {
    for (std::size_t length = 8; length < sample.bytes.size(); ++length) {
      const Result<std::string> text = expanded(sample, sample.bytes.substr(0, length));
      ASSERT_FALSE(text) << static_cast<int>(sample.compression) << " cut to " << length;
      EXPECT_EQ(text.error().retry, Retry::Never);
    }
  }
}

TEST_F(ExpandTest, GrowthBeyondTheLimitIsRefused) {
  for (const Sample& sample : kSamples) {
    EXPECT_TRUE(expanded(sample, sample.bytes, 7));
    const Result<std::string> text = expanded(sample, sample.bytes, 6);
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error().what, HasSubstr("more than 6 octets"));
  }
}

TEST_F(ExpandTest, AReadErrorIsNoDamage) {
  for (const Sample& sample : kSamples) {
    TestSystem world;
    world.system.environment["TMPDIR"] = scratch.path();
    world.files.fail_every("read_at", EIO);
    scratch.write("in", sample.bytes);
    const UniqueFd fd{::open(scratch.path("in").c_str(), O_RDONLY)};
    const Result<UniqueFd> spool = expand(world.system, fd.get(), sample.compression, 1000);
    ASSERT_FALSE(spool);
    EXPECT_EQ(spool.error().os_error, EIO);
    EXPECT_EQ(spool.error().retry, Retry::Later);
  }
}

}  // namespace
}  // namespace lbx::convert
