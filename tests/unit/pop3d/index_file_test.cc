// SPDX-License-Identifier: MIT
#include "pop3d/index_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "pop3d/name_index.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

using testing_support::ScratchDirectory;
using testing_support::TestSystem;

/// Parts and what they point to.
struct Sample {
  std::vector<MessageRow> rows;
  std::vector<std::int64_t> times;
  std::vector<OwnId> ids;
  std::string names;
  std::string id_text;

  void add(const std::string& name, std::uint64_t octets, const std::string& id = "") {
    MessageRow row{};
    row.octets = octets;
    row.name = static_cast<std::uint32_t>(names.size());
    row.size = static_cast<std::uint8_t>(name.size());
    row.base_size = static_cast<std::uint8_t>(std::min(name.find(':'), name.size()));
    row.flags = MessageRow::InCur;
    rows.push_back(row);
    times.push_back(static_cast<std::int64_t>(octets) * 10);
    ids.push_back(
        {static_cast<std::uint32_t>(id_text.size()), static_cast<std::uint32_t>(id.size())});
    names += name;
    id_text += id;
  }
  IndexParts parts() const {
    IndexParts parts{{}, rows, times, ids, names, id_text};
    parts.head.folders.cur_folder = {7, 8, 9, 10};
    parts.head.flags = IndexHead::Settled;
    return parts;
  }
};

Sample two_messages() {
  Sample sample;
  sample.add("b:2,S", 20);
  sample.add("a a", 10, "digest");
  return sample;
}

std::string forged(std::string bytes, std::size_t at, char octet) {
  constexpr std::size_t kChecksum = 24;
  bytes[at] = octet;
  const std::uint64_t sum = name_hash(std::string_view{bytes}.substr(kChecksum + 8));
  bytes.replace(kChecksum, 8, reinterpret_cast<const char*>(&sum), 8);
  return bytes;
}

TEST(IndexFileTest, IsReadAsItWasWritten) {
  const Sample sample = two_messages();
  const std::string bytes = encode_index(sample.parts());
  const auto index = IndexFile::parse(bytes);
  ASSERT_TRUE(index);
  const IndexParts& parts = index->parts();
  ASSERT_EQ(parts.rows.size(), 2U);
  EXPECT_EQ(parts.rows[0].octets, 20U);
  EXPECT_EQ(parts.times[1], 100);
  EXPECT_EQ(index->base(0), "b");
  EXPECT_EQ(parts.names.substr(parts.rows[0].name, parts.rows[0].size), "b:2,S");
  EXPECT_EQ(parts.id_text.substr(parts.ids[1].at, parts.ids[1].size), "digest");
  EXPECT_EQ(parts.head.folders.cur_folder, (Stamp{7, 8, 9, 10}));
  EXPECT_TRUE(parts.head.is(IndexHead::Settled));
  EXPECT_FALSE(parts.head.is(IndexHead::Imports));
  EXPECT_EQ(index->find("b"), 0U);
  EXPECT_EQ(index->find("a a"), 1U);
  EXPECT_EQ(index->find("a"), std::nullopt);
  EXPECT_EQ(encode_index(parts), bytes);
}

TEST(IndexFileTest, AnEmptyMaildirHasAnIndexToo) {
  const auto index = IndexFile::parse(encode_index(Sample{}.parts()));
  ASSERT_TRUE(index);
  EXPECT_EQ(index->find(""), std::nullopt);
}

TEST(IndexFileTest, WhatIsTornOrChangedIsNone) {
  const std::string whole = encode_index(two_messages().parts());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    EXPECT_FALSE(IndexFile::parse(whole.substr(0, at))) << at;
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(IndexFile::parse(changed)) << at;
  }
}

// Somebody may write an index of his own for his own Maildir: it must not lead out of it, nor out
// of the file.
TEST(IndexFileTest, WhoMakesUpTheChecksumGetsNowhere) {
  const std::string whole = encode_index(two_messages().parts());
  ASSERT_TRUE(IndexFile::parse(forged(whole, whole.size() - 1, 'T')));
  for (std::size_t at = 32; at < whole.size(); ++at) {
    for (const char octet : {'\0', '\1', '\x7f', '\xff'}) {
      const auto index = IndexFile::parse(forged(whole, at, octet));
      if (!index) continue;
      const IndexParts& parts = index->parts();
      for (std::size_t i = 0; i < parts.rows.size(); ++i) {
        static_cast<void>(index->find(index->base(i)));
        EXPECT_LE(parts.rows[i].name + parts.rows[i].size, parts.names.size());
        EXPECT_LE(parts.ids[i].at + parts.ids[i].size, parts.id_text.size());
      }
    }
  }
  const std::size_t names = whole.size() - std::string{"b:2,Sa adigest"}.size();
  EXPECT_FALSE(IndexFile::parse(forged(whole, names, '/')));
  EXPECT_FALSE(IndexFile::parse(forged(whole, names, '.')));
  EXPECT_FALSE(IndexFile::parse(forged(whole, names, '\0')));
  EXPECT_FALSE(IndexFile::parse(forged(whole, whole.size() - 1, ' ')));
}

class IndexOnDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    scratch.make_maildir("m");
    maildir.reset(::open(scratch.path("m").c_str(), O_RDONLY | O_DIRECTORY));
  }
  void write(const Sample& sample) {
    ASSERT_TRUE(write_index(outside.system, maildir.get(), sample.parts()));
  }
  static Sample large() {
    Sample sample;
    for (int i = 0; i < 4000; ++i) sample.add("message-" + std::to_string(i), 1);
    return sample;
  }
  std::string file() const { return scratch.path("m/letterbox-pop3-index"); }

  ScratchDirectory scratch;
  TestSystem outside;
  UniqueFd maildir;
};

TEST_F(IndexOnDiskTest, OnlyALargeOneIsMappedAndStaysWhenItIsReplaced) {
  write(two_messages());
  EXPECT_TRUE(IndexFile::read(outside.files, maildir.get()));
  EXPECT_FALSE(IndexFile::map(outside.files, maildir.get()));
  write(large());
  const auto mapped = IndexFile::map(outside.files, maildir.get());
  ASSERT_TRUE(mapped);
  write(two_messages());
  EXPECT_EQ(mapped->find("message-3999"), 3999U);
  EXPECT_EQ(IndexFile::read(outside.files, maildir.get())->parts().rows.size(), 2U);
}

TEST_F(IndexOnDiskTest, WhatOthersMayMakeShorterIsReadAndNotMapped) {
  write(large());
  ASSERT_EQ(::chmod(file().c_str(), 0620), 0);
  EXPECT_FALSE(IndexFile::map(outside.files, maildir.get()));
  const auto read = IndexFile::read(outside.files, maildir.get());
  ASSERT_TRUE(read);
  boost::filesystem::resize_file(file(), 0);
  EXPECT_EQ(read->find("message-3999"), 3999U);
}

TEST_F(IndexOnDiskTest, WhereTheFileSystemIsNotLocalItIsReadAndNotMapped) {
  write(large());
  outside.files.fail_every("file_system", ENOSYS);
  EXPECT_FALSE(IndexFile::map(outside.files, maildir.get()));
  EXPECT_TRUE(IndexFile::read(outside.files, maildir.get()));
}

TEST_F(IndexOnDiskTest, WhatIsNoPlainFileOrTooLargeIsNone) {
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_FALSE(IndexFile::read(outside.files, maildir.get()));
  boost::filesystem::remove(file());
  boost::filesystem::create_symlink("elsewhere", file());
  scratch.write("m/elsewhere", encode_index(two_messages().parts()));
  EXPECT_FALSE(IndexFile::read(outside.files, maildir.get()));
  boost::filesystem::remove(file());
  scratch.write("m/letterbox-pop3-index", "");
  boost::filesystem::resize_file(file(), kMaxIndexFile + 1);  // a hole
  EXPECT_FALSE(IndexFile::read(outside.files, maildir.get()));
}

TEST_F(IndexOnDiskTest, WhateverCallFailsReadersSeeTheOldOneOrTheNewOne) {
  for (std::size_t n = 1; n < 8; ++n) {
    write(two_messages());
    outside.files.fail_call(n, EIO);
    const bool written = write_index(outside.system, maildir.get(), Sample{}.parts()).has_value();
    outside.files.fail_call(0, 0);
    const auto index = IndexFile::read(outside.files, maildir.get());
    ASSERT_TRUE(index) << n;
    EXPECT_EQ(index->parts().rows.size(), written ? 0U : 2U) << n;
    EXPECT_TRUE(scratch.names("m/tmp").empty()) << n;
  }
}

}  // namespace
}  // namespace lbx::pop3d
