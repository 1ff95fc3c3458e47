// SPDX-License-Identifier: MIT
// qreceipt (CONTRACT 1.21): a note to whoever asked for one that the message has arrived.
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/ascii.h"
#include "core/message/address.h"
#include "core/message/address_list.h"
#include "inject/complain.h"
#include "inject/filters.h"
#include "inject/input.h"

namespace lbx::inject {
namespace {

constexpr std::string_view kRequest = "Notice-Requested-Upon-Delivery-To";
constexpr std::string_view kDoubleBounce = "#@[]";
/// What tells the reader which of his messages it was.
constexpr std::string_view kQuoted[]{"Date", "Subject", "Message-ID"};

Result<bool> asks_for(const HeadReader& head, const std::string& address) {
  for (const RawField& field : head.fields()) {
    if (!ascii::equal_fold(field.name(), kRequest)) continue;
    const AddressList list = LBX_TRY(parse_address_list(field.value()));
    const std::vector<std::string> asked = addresses_of(list);
    if (std::ranges::any_of(
            asked, [&](const std::string& each) { return ascii::equal_fold(each, address); })) {
      return true;
    }
  }
  return false;
}

std::string receipt(const HeadReader& head, const std::string& sender, const std::string& address) {
  const std::string to = '<' + quote_sender(sender) + '>';
  std::string out = "From: DELIVERY NOTICE SYSTEM " + to + "\nTo: " + to +
                    "\nSubject: success notice\n\n"
                    "Your message has been delivered to the mailbox of\n\n  " +
                    address + "\n\nas you asked to be told. It had these fields:\n\n";
  for (const RawField& field : head.fields()) {
    if (std::ranges::any_of(kQuoted, [&](std::string_view name) {
          return ascii::equal_fold(field.name(), name);
        })) {
      out += field.text;
    }
  }
  return out;
}

}  // namespace

Result<int> qreceipt(System& system, const Arguments& arguments) {
  const std::optional<std::string> sender = lookup(system.environment, "SENDER");
  if (arguments.empty() || !sender) return usage("qreceipt", "deliveryaddress");
  // Nobody to tell: it is a bounce, or a bounce of one.
  if (sender->empty() || *sender == kDoubleBounce) return 0;

  const HeadReader head = LBX_TRY(read_head(system));
  const std::string& address = arguments.front();
  const bool asked = LBX_TRY(asks_for(head, address));
  if (!asked) return 0;
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(system, system.environment));
  queue.write(receipt(head, *sender, address));
  LBX_TRY(std::move(queue).finish({"", {*sender}}));  // no sender: RFC 3834 section 3.3
  return 0;
}

}  // namespace lbx::inject
