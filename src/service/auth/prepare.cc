// SPDX-License-Identifier: MIT
#include "service/auth/prepare.h"

#include <gsasl.h>

#include <cstring>

#include "core/base/ascii.h"

namespace lbx::auth {
namespace {

Result<std::string> saslprep(std::string_view text, std::size_t limit, Prepare purpose) {
  if (text.empty()) return Error::never("is empty");
  if (text.size() > limit) {
    return Error::never("is longer than " + std::to_string(limit) + " octets");
  }
  if (text.find('\0') != text.npos) return Error::never("holds a NUL");
  // libgsasl 2.2 hands this flag to libidn as its contrary: it *refuses* what is unassigned.
  const auto flags = purpose == Prepare::Store ? GSASL_ALLOW_UNASSIGNED : Gsasl_saslprep_flags{};
  char* out = nullptr;
  std::string copy{text};
  const int code = ::gsasl_saslprep(copy.c_str(), flags, &out, nullptr);
  wipe(copy);
  if (code != GSASL_OK) return Error::never("holds characters that SASLprep forbids");
  std::string prepared{out};
  ::explicit_bzero(out, prepared.size());
  ::gsasl_free(out);
  if (prepared.empty()) return Error::never("is empty");
  if (prepared.size() > limit) return Error::never("is too long once it is prepared");
  return prepared;
}

}  // namespace

Result<std::string> prepare_name(std::string_view name, Prepare purpose) {
  const std::string prepared = LBX_TRY(saslprep(name, kMaxName, purpose));
  if (prepared.find_first_of(":/") != prepared.npos) return Error::never("holds ':' or '/'");
  // A line of the account file must not look like a comment, a home not be the one above.
  if (prepared.find_first_of("#.") == 0) return Error::never("begins with '#' or '.'");
  return ascii::to_lower(prepared);
}

Result<std::string> prepare_password(std::string_view password, Prepare purpose) {
  const std::size_t most = purpose == Prepare::Store ? kMaxStoredPassword : kMaxPassword;
  return saslprep(password, most, purpose);
}

void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace lbx::auth
