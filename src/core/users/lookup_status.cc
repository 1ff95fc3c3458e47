// SPDX-License-Identifier: MIT
#include "core/users/lookup_status.h"

#include <cerrno>

#include "core/users/accounts.h"
#include "core/users/resolver.h"

namespace lbx::users {

int lookup_status(const Error& error) {
  if (error.what == kNoAliasUser) return kStatusNoAlias;
  if (error.what == kTroubleReadingCdb) return kStatusDatabase;
  if (error.what == kNotAsRoot) return kStatusNotAsRoot;
  // A home that cannot be asked for is the network's fault; everything else may be anything.
  return error.os_error != 0 && error.os_error != ETXTBSY ? kStatusNetworkFileSystem
                                                          : kStatusTemporary;
}

}  // namespace lbx::users
