// SPDX-License-Identifier: MIT
#include "service/auth/scram_keys.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

namespace lbx::auth {
namespace {

std::string hmac(const std::string& key, const std::string& text) {
  std::string out(kScramKey, '\0');
  unsigned int size = 0;
  ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

std::string sha256(const std::string& text) {
  std::string out(kScramKey, '\0');
  ::EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
               ::EVP_sha256(), nullptr);
  return out;
}

// RFC 7677 section 3, the whole exchange: what we derive fits its proof and its signature.
TEST(ScramKeys, FitTheExampleOfRfc7677) {
  const std::string salt = *from_base64("W22ZaJ0SNY7soEsUEjb6gQ==");
  const Result<ScramKeys> keys = derive_scram_keys("pencil", salt, 4096);
  ASSERT_TRUE(keys) << keys.error().what;
  const std::string messages =
      "n=user,r=rOprNGfwEbeRWgbNEkqO,"
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  std::string client_key = *from_base64("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  const std::string signature = hmac(keys->stored_key, messages);
  for (std::size_t i = 0; i < kScramKey; ++i) {
    client_key[i] = static_cast<char>(client_key[i] ^ signature[i]);
  }
  EXPECT_EQ(sha256(client_key), keys->stored_key);
  EXPECT_EQ(to_base64(hmac(keys->server_key, messages)),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(ScramKeys, AreReadAsTheyAreWritten) {
  const ScramKeys keys = *derive_scram_keys("pencil", "0123456789abcdef", kMinScramIterations);
  EXPECT_EQ(*parse_scram_keys(to_string(keys)), keys);
}

TEST(ScramKeys, RefuseWhatIsTooShortTooLongOrNoBase64) {
  const std::string key = to_base64(std::string(kScramKey, 'k'));
  const auto line = [&](const std::string& iterations, const std::string& salt,
                        const std::string& stored) {
    return parse_scram_keys(iterations + ',' + salt + ',' + stored + ',' + key);
  };
  EXPECT_TRUE(line("4096", "c2FsdA==", key));
  EXPECT_FALSE(line("4095", "c2FsdA==", key));
  EXPECT_FALSE(line("10000001", "c2FsdA==", key));
  EXPECT_FALSE(line("-1", "c2FsdA==", key));
  EXPECT_FALSE(line("4096", "", key));
  EXPECT_FALSE(line("4096", to_base64(std::string(kMaxScramSalt + 1, 's')), key));
  EXPECT_FALSE(line("4096", "c2Fsd", key));
  EXPECT_FALSE(line("4096", "c2Fs dA==", key));
  EXPECT_FALSE(line("4096", "c2FsdA==", "c2FsdA=="));
  EXPECT_FALSE(parse_scram_keys("4096,c2FsdA==," + key));
}

TEST(ScramKeys, OfNobodyAreTheSameEachTimeAndDifferByName) {
  const ScramKeys joe = decoy_scram_keys("joe", "secret");
  EXPECT_EQ(decoy_scram_keys("joe", "secret"), joe);
  EXPECT_NE(decoy_scram_keys("jim", "secret").salt, joe.salt);
  EXPECT_NE(decoy_scram_keys("joe", "other").salt, joe.salt);
  EXPECT_EQ(joe.salt.size(), kScramSalt);
  EXPECT_EQ(joe.stored_key.size(), kScramKey);
  EXPECT_EQ(joe.iterations, kScramIterations);
}

}  // namespace
}  // namespace lbx::auth
