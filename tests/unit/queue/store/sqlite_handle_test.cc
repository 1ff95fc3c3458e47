// SPDX-License-Identifier: MIT
#include "queue/store/sqlite_handle.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/scratch.h"

namespace lbx::queue::sqlite {
namespace {

using testing_support::ScratchDirectory;

Database open(const ScratchDirectory& scratch, Database::Access access) {
  Result<Database> database = Database::open(scratch.path("a.db"), access, 0);
  EXPECT_TRUE(database) << database.error().what;
  return std::move(database).value();
}

TEST(SqliteHandleTest, OctetsComeBackAsTheyWere) {
  const ScratchDirectory scratch;
  Database database = open(scratch, Database::Access::Create);
  ASSERT_TRUE(database.run("CREATE TABLE t(a TEXT, b BLOB, c INTEGER, d TEXT) STRICT"));
  const std::string odd{"\xff\0 \xc3(", 5};
  Result<Statement> insert = database.prepare("INSERT INTO t VALUES(?,?,?,?)");
  ASSERT_TRUE(insert) << insert.error().what;
  ASSERT_TRUE(insert->run(odd, Blob{odd}, -7, nullptr));
  ASSERT_TRUE(insert->run("", Blob{""}, 0, ""));

  Result<Statement> select = database.prepare("SELECT a, b, c, d FROM t");
  ASSERT_TRUE(select) << select.error().what;
  Rows rows = select->start();
  ASSERT_TRUE(*rows.next());
  EXPECT_EQ(rows.text(0), odd);
  EXPECT_EQ(rows.text(1), odd);
  EXPECT_EQ(rows.number(2), -7);
  EXPECT_TRUE(rows.is_null(3));
  ASSERT_TRUE(*rows.next());
  EXPECT_EQ(rows.text(0), "");
  EXPECT_FALSE(rows.is_null(1));
  EXPECT_FALSE(*rows.next());
}

TEST(SqliteHandleTest, AMissingFileIsNotMade) {
  const ScratchDirectory scratch;
  const Result<Database> database =
      Database::open(scratch.path("a.db"), Database::Access::Write, 0);
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().os_error, ENOENT);
  EXPECT_FALSE(scratch.exists("a.db"));
}

TEST(SqliteHandleTest, AnotherLockIsToldApart) {
  const ScratchDirectory scratch;
  Database first = open(scratch, Database::Access::Create);
  ASSERT_TRUE(first.run("CREATE TABLE t(a INTEGER) STRICT; BEGIN EXCLUSIVE"));
  Database second = open(scratch, Database::Access::Write);
  const Result<void> refused = second.run("INSERT INTO t VALUES(1)");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().os_error, EAGAIN);
}

TEST(SqliteHandleTest, AFileThatIsNoDatabaseIsToldApart) {
  const ScratchDirectory scratch;
  scratch.write("a.db", std::string(5000, 'x'));
  Database database = open(scratch, Database::Access::Write);
  const Result<std::int64_t> number = database.number("SELECT count(*) FROM sqlite_schema");
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().os_error, EUCLEAN);
}

}  // namespace
}  // namespace lbx::queue::sqlite
