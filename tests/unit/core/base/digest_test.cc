// SPDX-License-Identifier: MIT
#include "core/base/digest.h"

#include <gtest/gtest.h>

#include "core/base/ascii.h"

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

// RFC 2202 section 3, cases 1, 2 and 6.
TEST(DigestTest, HmacIsThatOfTheRfc) {
  const auto hex = [](const std::string& bytes) {
    std::string out;
    for (const char each : bytes) out += ascii::to_hex(static_cast<unsigned char>(each), 2);
    return out;
  };
  EXPECT_EQ(hex(hmac_sha1(std::string(20, '\x0b'), "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(hmac_sha1(std::string(80, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

// RFC 1321 appendix A.5.
TEST(DigestTest, IsMd5) {
  EXPECT_EQ(md5_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
}

}  // namespace
}  // namespace lbx
