// SPDX-License-Identifier: MIT
#include "service/auth/password_hash.h"

#include <crypt.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "core/base/constant_time.h"

namespace lbx::auth {
namespace {

// What crypt(5) advises for logins: some tens of milliseconds and 16 MiB.
constexpr const char* kPrefix = "$y$";
constexpr unsigned long kDefaultCost = 0;

std::string crypt_once(const std::string& password, const std::string& setting) {
  const auto work = std::make_unique<crypt_data>();  // 32 KiB: too much for a small stack
  const char* const made = ::crypt_r(password.c_str(), setting.c_str(), work.get());
  std::string hash = made != nullptr && *made != '*' ? made : "";
  ::explicit_bzero(work.get(), sizeof *work);
  return hash;
}

}  // namespace

Result<std::string> hash_password(const std::string& password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  if (::crypt_gensalt_rn(kPrefix, kDefaultCost, nullptr, 0, salt.data(), salt.size()) == nullptr) {
    return Error::from_errno(errno, "crypt_gensalt");
  }
  std::string hash = crypt_once(password, salt.data());
  if (hash.empty()) return Error::later("crypt(3) cannot make a hash");
  return hash;
}

bool is_password_hash(const std::string& text) {
  // A word without '$' would pass for the salt of a DES hash.
  return text.starts_with('$') && ::crypt_checksalt(text.c_str()) != CRYPT_SALT_INVALID;
}

bool matches_hash(const std::string& hash, const std::string& password) {
  const std::string made = crypt_once(password, hash);
  return !made.empty() && equal_in_constant_time(made, hash);
}

}  // namespace lbx::auth
