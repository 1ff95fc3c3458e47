// SPDX-License-Identifier: MIT
#include "convert/progress.h"

#include <gmock/gmock.h>

#include "support/test_system.h"

namespace lbx::convert {
namespace {

using testing::HasSubstr;
using testing_support::FrozenClock;

class OneWish final : public Wishes {
 public:
  Wish wish{Wish::None};
  Wish next() override { return std::exchange(wish, Wish::None); }
};

struct Screen {
  Screen() : file{::open_memstream(&text, &size)} {}
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() {
    std::fclose(file);
    std::free(text);  // NOLINT: open_memstream's
  }
  std::string str() const {
    std::fflush(file);
    return {text, size};
  }
  char* text{nullptr};
  std::size_t size{0};
  std::FILE* file;
};

TEST(ProgressTest, TheBarFillsAndStaysWithinItsWidth) {
  EXPECT_EQ(progress_bar(0, 100), "[..............................]   0 %");
  EXPECT_EQ(progress_bar(50, 100), "[###############...............]  50 %");
  EXPECT_EQ(progress_bar(100, 100), "[##############################] 100 %");
  EXPECT_EQ(progress_bar(200, 100), progress_bar(100, 100));
  EXPECT_EQ(progress_bar(0, 0), "[##############################] 100 %");
}

TEST(ProgressTest, TheStateNamesRateTimeLeftAndErrors) {
  EXPECT_EQ(state_line({"x", 25, 100, 50, 123'456, 0}, 10'000'000),
            "50 messages, 123.4 kB, 5 messages/s, 0:30 left");
  EXPECT_EQ(state_line({"x", 0, 100, 0, 7, 3}, 1'000'000),
            "0 messages, 7 B, 0 messages/s, 3 errors");
  EXPECT_EQ(readable_octets(999'999'999'999), "999.9 GB");
  EXPECT_EQ(readable_octets(UINT64_MAX), "18446744.0 TB");
}

TEST(ProgressTest, ASignalIsAnsweredAndAnotherOneStops) {
  FrozenClock clock;
  OneWish wishes;
  Screen screen;
  PeopleProgress progress{clock, wishes, Display::None, screen.file};
  ASSERT_TRUE(progress.update({"/a", 1, 2, 1, 1, 0}));
  EXPECT_EQ(screen.str(), "");
  wishes.wish = Wish::State;
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(progress.update({"/a", 1, 2, 1, 1, 0}));
  EXPECT_THAT(screen.str(), HasSubstr("/a: 1 messages"));
  wishes.wish = Wish::Stop;
  bool stopped = false;
  for (int i = 0; i < 64; ++i) stopped = stopped || !progress.update({"/a", 1, 2, 1, 1, 0});
  EXPECT_TRUE(stopped);
}

TEST(ProgressTest, LinesComeEveryTenSecondsAndNotBefore) {
  FrozenClock clock;
  OneWish wishes;
  Screen screen;
  PeopleProgress progress{clock, wishes, Display::Lines, screen.file};
  for (int i = 0; i < 64 * 9; ++i) {
    clock.time.seconds += i % 64 == 0 ? 1 : 0;
    ASSERT_TRUE(progress.update({"/a", 1, 2, 1, 1, 0}));
  }
  EXPECT_EQ(screen.str(), "");
  clock.time.seconds += 1;
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(progress.update({"/a", 1, 2, 1, 1, 0}));
  EXPECT_THAT(screen.str(), HasSubstr("/a: 1 messages"));
}

}  // namespace
}  // namespace lbx::convert
