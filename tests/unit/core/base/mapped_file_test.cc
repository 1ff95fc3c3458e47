// SPDX-License-Identifier: MIT
#include "core/base/mapped_file.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace lbx {
namespace {

using testing_support::ScratchDirectory;

UniqueFd open_file(const ScratchDirectory& scratch) {
  return UniqueFd{::openat(scratch.fd(), "file", O_RDONLY | O_CLOEXEC)};
}

TEST(MappedFileTest, HoldsTheFileAlsoWhenItsNameIsAnothers) {
  const ScratchDirectory scratch;
  scratch.write("file", "first");
  std::optional<MappedFile> mapped = MappedFile::map(open_file(scratch).get(), 5);
  ASSERT_TRUE(mapped);
  scratch.write("other", "second");
  boost::filesystem::rename(scratch.path("other"), scratch.path("file"));
  const MappedFile moved = *std::move(mapped);
  EXPECT_EQ(moved.bytes(), "first");
}

TEST(MappedFileTest, WhatHasNoOctetsOrIsNoFileIsNotMapped) {
  const ScratchDirectory scratch;
  scratch.write("file", "");
  EXPECT_FALSE(MappedFile::map(open_file(scratch).get(), 0));
  EXPECT_FALSE(MappedFile::map(scratch.fd(), 5));
}

}  // namespace
}  // namespace lbx
