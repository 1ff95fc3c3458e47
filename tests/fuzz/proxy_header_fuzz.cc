// SPDX-License-Identifier: MIT
// Any bytes as what a proxy sends: a header takes no more than there is, all of its octets are
// needed, what follows changes nothing, and an address that was read can be written and read.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/wire/proxy_header.h"
#include "support/require.h"

using namespace lbx;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto outcome = parse_proxy_header(bytes);
  if (const auto* header = std::get_if<ProxyHeader>(&outcome)) {
    require(header->size <= bytes.size() && header->size > 0);
    const auto shorter = parse_proxy_header(bytes.substr(0, header->size - 1));
    require(std::get_if<NoProxyHeader>(&shorter) != nullptr &&
            std::get<NoProxyHeader>(shorter) == NoProxyHeader::More);
    const auto exact = parse_proxy_header(bytes.substr(0, header->size));
    require(std::holds_alternative<ProxyHeader>(exact));
    if (header->source) {
      require(parse_xclient_address(header->source->address) == header->source->address);
    }
  } else if (std::get<NoProxyHeader>(outcome) == NoProxyHeader::Bad) {
    const auto longer = parse_proxy_header(std::string{bytes} + "x");
    require(std::holds_alternative<NoProxyHeader>(longer) &&
            std::get<NoProxyHeader>(longer) == NoProxyHeader::Bad);
  } else {
    require(size < kMaxProxyHeader);
  }
  if (const auto attributes = parse_xclient(bytes)) {
    require(attributes->size() <= kMaxXclientAttributes);
    for (const auto& [name, value] : *attributes) require(!name.empty() && value.size() <= size);
  }
  return 0;
}
