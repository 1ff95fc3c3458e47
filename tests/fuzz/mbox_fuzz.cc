// SPDX-License-Identifier: MIT
// Any bytes whatever as an mbox: no crash; what the reader gives, written in any dialect that can
// say it, reads back the same, message for message; and neither header nor quoting depends on where
// chunks end.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/mbox/writer.h"
#include "support/require.h"
#include "unit/core/mbox/memory_file.h"

namespace {

using namespace lbx;
using testing_support::read_mbox;
using testing_support::ReadMbox;
using testing_support::ReadMessage;

constexpr std::int64_t kNow = 1'700'000'000;

std::string write_mbox(MboxDialect dialect, const std::vector<ReadMessage>& messages) {
  std::string mbox;
  MboxWriter writer{dialect, [&mbox](std::string_view bytes) -> Result<void> {
                      mbox += bytes;
                      return {};
                    }};
  for (const ReadMessage& each : messages) {
    const Result<MboxLosses> written =
        writer.write({each.date.value_or(kNow), each.state},
                     [&each](const ChunkSink& sink) { return sink(each.text); });
    require(written && written->empty());
  }
  return mbox;
}

void require_split_does_not_matter(std::string_view text) {
  HeaderScanner whole;
  HeaderScanner bytewise;
  static_cast<void>(whole.feed(text));
  for (std::size_t i = 0; i < text.size() && bytewise.feed(text.substr(i, 1)); ++i) continue;
  whole.finish();
  bytewise.finish();
  require(whole.result().cuts == bytewise.result().cuts);
  require(whole.result().end == bytewise.result().end);
  require(whole.result().state == bytewise.result().state);

  for (const auto direction :
       {FromTransform::Direction::Quote, FromTransform::Direction::Unquote}) {
    FromTransform one{direction, FromQuoting::Nested};
    FromTransform many{direction, FromQuoting::Nested};
    std::string out_one;
    std::string out_many;
    one.append(text, out_one);
    for (std::size_t i = 0; i < text.size(); ++i) many.append(text.substr(i, 1), out_many);
    one.finish(out_one);
    many.finish(out_many);
    require(out_one == out_many);
  }
}

void require_same(const ReadMbox& first, const Result<ReadMbox>& second) {
  require(second && second->messages.size() == first.messages.size());
  for (std::size_t i = 0; i < first.messages.size(); ++i) {
    const ReadMessage& in = first.messages[i];
    const ReadMessage& out = second->messages[i];
    require(in.text == out.text && in.state == out.state);
    require(out.date == in.date.value_or(kNow));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  require_split_does_not_matter(text);
  const Result<ReadMbox> first = read_mbox(text);
  if (!first) {
    require(first.error().retry == Retry::Never);
    return 0;
  }
  for (const auto dialect : {MboxDialect::Mboxrd, MboxDialect::Mboxcl, MboxDialect::Mboxcl2}) {
    require_same(*first, read_mbox(write_mbox(dialect, first->messages)));
  }
  return 0;
}
