// SPDX-License-Identifier: MIT
#include "convert/import_record.h"

#include <gmock/gmock.h>

#include "support/scratch.h"
#include "support/test_system.h"
#include "unit/core/mbox/fake_lock_ops.h"

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::FakeLockOps;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;
using Phase = ImportRecord::Phase;

MessageDigest digest(unsigned char value) {
  MessageDigest out;
  out.octets.fill(value);
  return out;
}

class ImportRecordTest : public testing::Test {
 protected:
  Result<ImportRecord> open() { return ImportRecord::open(outside.files, locks, scratch.fd()); }
  static std::vector<std::string> entries(const ImportRecord& record) {
    std::vector<std::string> out;
    EXPECT_TRUE(record.for_each([&out](const ImportRecord::Entry& entry) {
      out.push_back(entry.source + ' ' + std::to_string(entry.ordinal) + ' ' +
                    entry.digest.str().substr(0, 2) + (entry.pending ? " pending" : ""));
    }));
    return out;
  }
  ScratchDirectory scratch;
  TestSystem outside;
  FakeLockOps locks;
};

TEST_F(ImportRecordTest, WhatWasWrittenIsReadAgain) {
  {
    Result<ImportRecord> record = open();
    ASSERT_TRUE(record) << record.error().what;
    EXPECT_EQ(record->phase(), Phase::None);
    ASSERT_TRUE(record->begin("options", 77));
    ASSERT_TRUE(record->checkpoint("/a b%\n", {2, 5, "10.x"}, {digest(1), digest(2)}));
    ASSERT_TRUE(record->done());
    ASSERT_TRUE(record->begin("others", 78));
    ASSERT_TRUE(record->checkpoint("/c", {1, -6, ""}, {digest(3)}));
    ASSERT_TRUE(record->checkpoint("/a b%\n", {3, 7, "12.y"}, {digest(4)}));
  }
  const Result<ImportRecord> record = open();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->phase(), Phase::Building);
  EXPECT_EQ(record->fingerprint(), "others");
  EXPECT_EQ(record->started(), 78);
  EXPECT_EQ(record->pending_messages(), 2U);
  EXPECT_EQ(*record->find("/a b%\n"), (ImportRecord::Progress{3, 7, "12.y"}));
  EXPECT_EQ(*record->find_before("/a b%\n"), (ImportRecord::Progress{2, 5, "10.x"}));
  EXPECT_EQ(*record->find("/c"), (ImportRecord::Progress{1, -6, ""}));
  EXPECT_EQ(record->find_before("/c"), nullptr);
  EXPECT_THAT(entries(*record), ElementsAre("/a b%\n 0 01", "/a b%\n 1 02", "/c 0 03 pending",
                                            "/a b%\n 2 04 pending"));
}

TEST_F(ImportRecordTest, ASecondImportIsRefused) {
  locks.free = false;
  const Result<ImportRecord> record = open();
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().retry, Retry::Later);
  EXPECT_THAT(record.error().what, HasSubstr("another import"));
}

TEST_F(ImportRecordTest, WhatIsDiscardedWasNeverThere) {
  Result<ImportRecord> record = open();
  ASSERT_TRUE(record);
  ASSERT_TRUE(record->begin("a", 1));
  ASSERT_TRUE(record->checkpoint("/a", {1, 1, "1"}, {digest(1)}));
  ASSERT_TRUE(record->done());
  const std::string before = scratch.read(ImportRecord::kName);
  ASSERT_TRUE(record->begin("b", 2));
  ASSERT_TRUE(record->checkpoint("/a", {2, 1, "2"}, {digest(2)}));
  ASSERT_TRUE(record->discard());
  EXPECT_EQ(scratch.read(ImportRecord::kName), before);
  EXPECT_EQ(record->phase(), Phase::None);
  EXPECT_EQ(record->find("/a")->messages, 1U);
}

// Wherever the file is cut off, or damaged: what was committed before counts, and no more.
TEST_F(ImportRecordTest, ATornTailIsCutOff) {
  {
    Result<ImportRecord> record = open();
    ASSERT_TRUE(record);
    ASSERT_TRUE(record->begin("a", 1));
    ASSERT_TRUE(record->checkpoint("/a", {1, 1, "1"}, {digest(1)}));
  }
  const std::string committed = scratch.read(ImportRecord::kName);
  {
    Result<ImportRecord> record = open();
    ASSERT_TRUE(record);
    ASSERT_TRUE(record->checkpoint("/b", {2, 1, "2"}, {digest(2), digest(3)}));
  }
  const std::string whole = scratch.read(ImportRecord::kName);
  for (std::size_t size = committed.size(); size < whole.size(); ++size) {
    for (const bool garbage : {false, true}) {
      scratch.write(
          ImportRecord::kName,
          whole.substr(0, size) + (garbage ? std::string(whole.size() - size, '\0') : ""));
      const Result<ImportRecord> record = open();
      ASSERT_TRUE(record);
      EXPECT_EQ(record->pending_messages(), 1U) << size;
      EXPECT_THAT(entries(*record), ElementsAre("/a 0 01 pending")) << size;
      EXPECT_EQ(scratch.read(ImportRecord::kName), committed) << size;
    }
  }
}

TEST_F(ImportRecordTest, ALookMakesNothing) {
  const Result<ImportRecord> record = ImportRecord::look(outside.files, scratch.fd());
  ASSERT_TRUE(record);
  EXPECT_EQ(record->find("/a"), nullptr);
  EXPECT_THAT(scratch.names(""), ElementsAre());
}

}  // namespace
}  // namespace lbx::convert
