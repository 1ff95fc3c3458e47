// SPDX-License-Identifier: MIT
#include "core/mbox/mmdf.h"

#include <gmock/gmock.h>

#include "unit/core/mbox/memory_file.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::read_mbox;
using testing_support::ReadMbox;
using testing_support::texts;

const std::string kMark = "\1\1\1\1\n";
const std::string kDated = "From ann@example.org Mon Jan  2 03:04:05 2006\n";

ReadMbox read_mmdf(const std::string& text) {
  Result<ReadMbox> mbox = read_mbox(text, {MboxDialect::Mboxo, false, {}});
  EXPECT_TRUE(mbox) << mbox.error().what;
  if (!mbox) return {};
  EXPECT_EQ(mbox->dialect, MboxDialect::Mmdf);
  EXPECT_EQ(mbox->warnings.count(), 0U);
  return std::move(*mbox);
}

TEST(MmdfTest, MessagesStandBetweenTheirLines) {
  const std::string one = "A: 1\n\n>From x\n\1\1\1\n\1\1\1\1x\n\n";
  const ReadMbox mbox = read_mmdf(kMark + one + kMark + kMark + kDated + "Status: RO\nA: 2\n\n" +
                                  kDated + "\nx\n" + kMark);
  EXPECT_THAT(texts(mbox), ElementsAre(one, "A: 2\n\n" + kDated + "\nx\n"));
  EXPECT_EQ(mbox.messages[1].date, 1'136'171'045);
  EXPECT_EQ(mbox.messages[1].state, (MessageState{false, "S"}));
}

TEST(MmdfTest, NothingIsLostWhereLinesAreMissing) {
  EXPECT_THAT(texts(read_mmdf(kMark + "A: 1\n\nx\n" + kMark + "A: 2\n\ny\n" + kMark)),
              ElementsAre("A: 1\n\nx\n", "A: 2\n\ny\n"));
  EXPECT_THAT(texts(read_mmdf(kMark + "A: 1\n\nx")), ElementsAre("A: 1\n\nx"));
  EXPECT_THAT(texts(read_mmdf(kMark + "A: 1\n\nx\n\1\1\1\1")), ElementsAre("A: 1\n\nx\n"));
  EXPECT_THAT(texts(read_mmdf(kMark)), IsEmpty());
  EXPECT_THAT(texts(read_mmdf(kMark + kMark)), ElementsAre(""));
}

TEST(MmdfTest, CrlfContainersGiveLf) {
  const std::string mark = "\1\1\1\1\r\n";
  EXPECT_THAT(texts(read_mmdf(mark + "A: 1\r\n\r\nx\r\n" + mark)), ElementsAre("A: 1\n\nx\n"));
}

TEST(MmdfTest, LinesAreFoundAtEveryPlaceOfTheWindow) {
  for (std::size_t shift = 0; shift < 12; ++shift) {
    const std::string one(FileWindow::kSize - 16 + shift, 'x');
    EXPECT_THAT(texts(read_mmdf(kMark + one + '\n' + kMark + kMark + "A: 2\n" + kMark)),
                ElementsAre(one + '\n', "A: 2\n"))
        << shift;
  }
}

}  // namespace
}  // namespace lbx
