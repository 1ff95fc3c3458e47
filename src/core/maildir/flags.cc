// SPDX-License-Identifier: MIT
#include "core/maildir/flags.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx {

MaildirFlags::MaildirFlags(std::string_view letters) {
  for (const char letter : letters) add(letter);
}

void MaildirFlags::add(char letter) {
  if (!ascii::is_alpha(letter)) return;
  const auto place = std::ranges::lower_bound(letters_, letter);
  if (place == letters_.end() || *place != letter) letters_.insert(place, letter);
}

}  // namespace lbx
