// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

// FIPS 180-2 appendix B.1.
TEST(DigestTest, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PiecesComeToTheSameAsTheWhole) {
  Sha256 pieces;
  pieces.add("a");
  pieces.add("");
  pieces.add("bc");
  EXPECT_EQ(pieces.hex(), sha256_hex("abc"));
}

TEST(Sha256, ItsFirstBitsAreItsFirstDigits) {
  Sha256 digest;
  digest.add("abc");
  EXPECT_EQ(digest.bits64(), 0xba7816bf8f01cfeaU);
}

}  // namespace
}  // namespace lbx
