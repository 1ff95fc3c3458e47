// SPDX-License-Identifier: MIT
#include "core/mbox/file_window.h"

#include <gmock/gmock.h>

#include "unit/core/mbox/memory_file.h"

namespace lbx {
namespace {

using testing_support::MemoryFile;

TEST(FileWindowTest, GivesWhatIsAskedForWhereverOneLooks) {
  std::string text(FileWindow::kSize * 3, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i % 23);
  MemoryFile file{text};
  FileWindow window{file.files, file.fd(), file.size()};
  for (const std::uint64_t at : {std::size_t{0}, FileWindow::kSize - 1, FileWindow::kSize * 2,
                                 text.size() - 3, std::size_t{5}}) {
    const auto got = window.at(at, 1000);
    ASSERT_TRUE(got) << got.error().what;
    ASSERT_GE(got->size(), std::min<std::size_t>(1000, text.size() - at));
    EXPECT_EQ(*got, std::string_view{text}.substr(at, got->size()));
  }
  EXPECT_TRUE(window.at(text.size(), 1)->empty());
}

TEST(FileWindowTest, AFileThatBecameShorterIsAnError) {
  MemoryFile file{"short"};
  FileWindow window{file.files, file.fd(), 100};
  EXPECT_FALSE(window.at(0, 1));
}

}  // namespace
}  // namespace lbx
