// SPDX-License-Identifier: MIT
#include "core/base/base64.h"

#include <gtest/gtest.h>

namespace lbx {
namespace {

// RFC 4648 section 10.
TEST(Base64Test, VectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64Test, EveryOctetComesBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    EXPECT_EQ(base64_decode(base64_encode(all.substr(0, size))), all.substr(0, size));
  }
}

TEST(Base64Test, NothingIsOverlooked) {
  for (const char* each : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "=", "Zh==", "Zm9=",
                           "Zg==Zg==", "Zm 9v", "Zm9v\r", " Zm9v", "Zm9-", "Zm9v\n", "Zm=v"}) {
    EXPECT_EQ(base64_decode(each), std::nullopt) << each;
  }
}

}  // namespace
}  // namespace lbx
