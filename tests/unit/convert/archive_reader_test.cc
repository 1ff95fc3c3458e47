// SPDX-License-Identifier: MIT
#include "convert/archive_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

constexpr std::size_t kBlock = 512;

/// One member of a tar archive.
std::string tar_member(const std::string& name, const std::string& content, char type = '0') {
  std::string header(kBlock, '\0');
  const auto put = [&header](std::size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  const auto octal = [](std::size_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; value /= 8) text[i] = static_cast<char>('0' + value % 8);
    return text;
  };
  put(0, name);
  put(100, "0000600");
  put(108, "0000000");
  put(116, "0000000");
  put(124, octal(content.size(), 11));
  put(136, "00000000000");
  put(148, "        ");
  header[156] = type;
  put(257, std::string{"ustar\0"
                       "00",
                       8});
  std::size_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string{"\0 ", 2});
  std::string padding((kBlock - content.size() % kBlock) % kBlock, '\0');
  return header + content + padding;
}

class ArchiveReaderTest : public testing::Test {
 protected:
  Result<ArchiveReader> open(const std::string& content,
                             ArchiveLimits limits = {.octets = 1 << 20}) {
    scratch.write("a", content);
    file = UniqueFd{::open(scratch.path("a").c_str(), O_RDONLY | O_CLOEXEC)};
    return ArchiveReader::open(outside.files, file.get(), content.size(), limits);
  }
  /// Names and contents, or what went wrong.
  Result<std::string> all(const std::string& content, ArchiveLimits limits = {.octets = 1 << 20}) {
    ArchiveReader reader = LBX_TRY(open(content, limits));
    std::string out;
    for (;;) {
      const std::optional<std::string> name = LBX_TRY(reader.next());
      if (!name) return out;
      out += *name + '=';
      char buffer[100];
      for (;;) {
        const std::size_t got = LBX_TRY(reader.read(buffer, sizeof buffer));
        if (got == 0) break;
        out.append(buffer, got);
      }
      out += ';';
    }
  }
  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd file;
};

const std::string kEnd(2 * kBlock, '\0');

TEST_F(ArchiveReaderTest, GivesFilesInTheirOrder) {
  const Result<std::string> found =
      all(tar_member("a/", "", '5') + tar_member("a/x", "one") + tar_member("l", "", '2') +
          tar_member("../y", "two") + kEnd);
  ASSERT_TRUE(found) << found.error().what;
  EXPECT_EQ(*found, "a/x=one;../y=two;");
}

TEST_F(ArchiveReaderTest, EveryLimitHolds) {
  const std::string archive =
      tar_member("a", std::string(400, 'x')) + tar_member("b", std::string(400, 'x')) + kEnd;
  EXPECT_TRUE(all(archive, {.members = 2, .octets = 800}));
  EXPECT_FALSE(all(archive, {.members = 1, .octets = 800}));
  EXPECT_FALSE(all(archive, {.members = 2, .octets = 799}));
  const Result<std::string> ratio = all(archive, {.octets = 800, .ratio = 1, .ratio_from = 700});
  EXPECT_TRUE(ratio) << "it is not smaller than what comes out";
}

TEST_F(ArchiveReaderTest, DamageIsAnErrorThatNoRetryMends) {
  const std::string archive = tar_member("a", std::string(5000, 'x')) + kEnd;
  for (const std::size_t size : {std::size_t{3}, std::size_t{600}, std::size_t{4000}}) {
    const Result<std::string> found = all(archive.substr(0, size));
    ASSERT_FALSE(found) << size;
    EXPECT_EQ(found.error().retry, Retry::Never);
  }
}

}  // namespace
}  // namespace lbx::convert
