// SPDX-License-Identifier: MIT
// Any bytes as a file of subscriptions: what stands there stays, what is added is read back, and
// adding it again changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/subscriptions.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::convert;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::set<FolderName> fresh{FolderName::of_path(text.substr(0, text.size() / 2)),
                                   FolderName::of_levels({"Work", "2020"})};
  for (const SubscriptionForm form : {SubscriptionForm::Dovecot, SubscriptionForm::Courier}) {
    const std::set<FolderName> before = subscribed_folders(text, form);
    const std::string with = with_subscriptions(text, form, fresh);
    require(with.starts_with(text));
    const std::set<FolderName> after = subscribed_folders(with, form);
    for (const FolderName& each : before) require(after.contains(each));
    for (const FolderName& each : fresh) require(each.is_inbox() || after.contains(each));
    require(with_subscriptions(with, form, fresh) == with);
  }
  return 0;
}
