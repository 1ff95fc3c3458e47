// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

// FIPS 180-2 appendix B.1.
TEST(DigestTest, IsSha256) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 1321 appendix A.5.
TEST(DigestTest, IsMd5) {
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace lbx
