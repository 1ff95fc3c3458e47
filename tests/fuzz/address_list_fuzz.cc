// SPDX-License-Identifier: MIT
// Any bytes as the value of an address field: a list that is whole is printed to one that is read
// back as the same, with nobody lost or added, before and after hosts are completed; and every
// address that was completed has a host.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/message/address_list.h"
#include "support/require.h"

namespace {

using namespace lbx;

constexpr std::size_t kName = 3;  // "To:"

void require_stable(const AddressList& list) {
  const std::string field = print_field("To", list);
  require(field.ends_with('\n'));
  const Result<AddressList> again = parse_address_list(field.substr(kName));
  require(again && again->whole);
  require(addresses_of(*again) == addresses_of(list));
  require(print_field("To", *again) == field);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  Result<AddressList> list = parse_address_list(text);
  if (!list) {
    require(list.error().retry == Retry::Never);
    return 0;
  }
  if (list->whole) require_stable(*list);

  const HostNames names{host_tokens("mail.example.org"), host_tokens("example.org"),
                        host_tokens("plus.example.net")};
  const std::size_t mailboxes = addresses_of(*list).size();
  qualify(*list, names);
  if (list->whole) require_stable(*list);
  require(addresses_of(*list).size() == mailboxes);
  for (const auto& piece : list->pieces) {
    const Mailbox* const mailbox = std::get_if<Mailbox>(&piece);
    if (mailbox == nullptr || mailbox->tokens.empty()) continue;
    const std::string address = meaning(mailbox->tokens);
    require(address.find('@') != std::string::npos);
    require(address.find('\n') == std::string::npos && address.find('\0') == std::string::npos);
  }
  return 0;
}
