// SPDX-License-Identifier: MIT
// Any bytes as a message that is submitted: the header is the same however it comes in pieces; what
// is composed is a header, and composing it again changes nothing and adds nobody.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "inject/compose.h"
#include "support/require.h"

namespace {

using namespace lbx;
using namespace lbx::inject;

HeadReader read(std::string_view text, std::size_t step) {
  HeadReader head;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    const Result<bool> more = head.feed(piece);
    require(more.has_value());
    if (!*more) return head;
  }
  head.finish();
  return head;
}

void require_same(const HeadReader& a, const HeadReader& b) {
  require(a.fields().size() == b.fields().size());
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    require(a.fields()[i].text == b.fields()[i].text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const HeadReader head = read(text, std::max<std::size_t>(size, 1));
  require_same(head, read(text, 1));
  require_same(head, read(text, 7));

  Circumstances circumstances;
  circumstances.hosts = {host_tokens("mail.example.org"), host_tokens("example.org"),
                         host_tokens("plus.example.net")};
  circumstances.author = {"joe", "example.org", "Joe", "joe", "example.org"};
  circumstances.lists = {"list@example.org"};
  const Result<Composed> once = compose(head.fields(), circumstances, std::nullopt);
  if (!once) {
    require(once.error().retry == Retry::Never);
    return 0;
  }
  const HeadReader again = read(once->header, once->header.size());
  require(again.body().empty());
  const Result<Composed> twice = compose(again.fields(), circumstances, std::nullopt);
  require(twice.has_value());
  require(twice->header == once->header);
  for (const std::string& each : twice->recipients) {
    require(std::ranges::find(once->recipients, each) != once->recipients.end());
    require(each.find('\0') == std::string::npos && each.find('\n') == std::string::npos);
  }
  return 0;
}
