// SPDX-License-Identifier: MIT
#include "core/base/io.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "support/faulty_file_ops.h"
#include "support/scratch.h"

namespace lbx {
namespace {

class IoTest : public testing::Test {
 protected:
  UniqueFd open(const std::string& name, int flags) {
    return UniqueFd{::open(scratch.path(name).c_str(), flags | O_CLOEXEC, 0600)};
  }
  testing_support::ScratchDirectory scratch;
  testing_support::FaultyFileOps files;
};

/// Takes three octets at a time, as a socket might.
class ShortWrites final : public FileOps {
 public:
  std::string written;
  Result<std::size_t> write(int, std::string_view bytes) override {
    written += bytes.substr(0, 3);
    return std::min<std::size_t>(3, bytes.size());
  }
  Result<UniqueFd> open_at(int, const std::string&, int, mode_t) override { return no(); }
  Result<std::size_t> read(int, char*, std::size_t) override { return no(); }
  Result<std::size_t> read_at(int, char*, std::size_t, std::uint64_t) override { return no(); }
  Result<void> sync(int) override { return no(); }
  Result<void> sync_file_system(int) override { return no(); }
  Result<void> close(UniqueFd) override { return no(); }
  Result<void> truncate(int, std::uint64_t) override { return no(); }
  Result<void> set_modified(int, Instant) override { return no(); }
  Result<void> link_at(int, const std::string&, int, const std::string&) override { return no(); }
  Result<void> link_fd(int, int, const std::string&) override { return no(); }
  Result<void> rename_at(int, const std::string&, int, const std::string&) override { return no(); }
  Result<void> rename_new(int, const std::string&, int, const std::string&) override {
    return no();
  }
  Result<void> unlink_at(int, const std::string&, int) override { return no(); }
  Result<void> make_directory(int, const std::string&, mode_t) override { return no(); }
  Result<struct stat> stat_fd(int) override { return no(); }
  Result<struct stat> stat_at(int, const std::string&, int) override { return no(); }
  Result<FileSystemKind> file_system(int) override { return no(); }
  Result<std::vector<DirectoryEntry>> list(int, const std::string&) override { return no(); }

 private:
  static Error no() { return Error::later("not here"); }
};

TEST_F(IoTest, WriteAllGoesOnAfterShortWrites) {
  ShortWrites shorts;
  ASSERT_TRUE(write_all(shorts, 1, "0123456789"));
  EXPECT_EQ(shorts.written, "0123456789");
}

TEST_F(IoTest, ReadWholeTakesExactlyTheLimitAndRefusesOneMore) {
  scratch.write("f", std::string(100'000, 'x'));
  const UniqueFd fits = open("f", O_RDONLY);
  const Result<std::string> whole = read_whole(files, fits.get(), 100'000, "f");
  ASSERT_TRUE(whole) << whole.error().what;
  EXPECT_EQ(whole->size(), 100'000U);

  const UniqueFd again = open("f", O_RDONLY);
  const Result<std::string> refused = read_whole(files, again.get(), 99'999, "the file f");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "the file f is longer than 99999 octets");
}

TEST_F(IoTest, ChunksComeFromTheStartWhateverThePosition) {
  const std::string text = std::string(kIoChunk, 'a') + "tail";
  scratch.write("f", text);
  const UniqueFd file = open("f", O_RDONLY);
  ASSERT_EQ(::lseek(file.get(), 7, SEEK_SET), 7);
  std::string got;
  ASSERT_TRUE(for_each_chunk(files, file.get(), [&](std::string_view chunk) -> Result<void> {
    got += chunk;
    return {};
  }));
  EXPECT_EQ(got, text);
  EXPECT_EQ(::lseek(file.get(), 0, SEEK_CUR), 7);
}

TEST_F(IoTest, ChunksEndWithTheFirstErrorOfTheSink) {
  scratch.write("f", std::string(kIoChunk * 3, 'a'));
  const UniqueFd file = open("f", O_RDONLY);
  int calls = 0;
  const Result<void> ended =
      for_each_chunk(files, file.get(), [&](std::string_view) -> Result<void> {
        ++calls;
        return Error::never("enough");
      });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().what, "enough");
  EXPECT_EQ(calls, 1);
}

TEST_F(IoTest, AReadErrorIsNotTheEndOfTheFile) {
  scratch.write("f", "abc");
  const UniqueFd file = open("f", O_RDONLY);
  files.fail_call(1, EIO);
  const Result<void> read =
      for_each_chunk(files, file.get(), [](std::string_view) -> Result<void> { return {}; });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().os_error, EIO);
}

}  // namespace
}  // namespace lbx
