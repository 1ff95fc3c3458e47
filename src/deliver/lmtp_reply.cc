// SPDX-License-Identifier: MIT
#include "deliver/lmtp_reply.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"

namespace lbx::deliver {
namespace {

struct CodeRow {
  std::string_view status;  // it begins with this
  int code;
};
constexpr std::array kCodes{
    CodeRow{"2.", 250},   CodeRow{"4.2.2", 452}, CodeRow{"4.3.1", 452},
    CodeRow{"4.", 451},   CodeRow{"5.2.2", 552}, CodeRow{"5.3.4", 552},
    CodeRow{"5.1.", 550}, CodeRow{"5.7.", 550},  CodeRow{"5.", 554},
};

char class_of(Verdict verdict) {
  if (verdict == Verdict::Never) return '5';
  return verdict == Verdict::Later ? '4' : '2';
}

}  // namespace

wire::Reply reply_of(const Answer& answer) {
  const std::size_t blank = std::min(answer.text.find(' '), answer.text.size());
  const char wanted = class_of(answer.verdict);
  wire::Reply reply;
  reply.status = answer.text.substr(0, blank);
  if (!reply.status.starts_with(std::string{wanted, '.'})) {
    reply.status = std::string{wanted} + (wanted == '2' ? ".0.0" : ".3.0");
    reply.text = answer.text;
  } else {
    reply.text = answer.text.substr(std::min(blank + 1, answer.text.size()));
  }
  reply.text.resize(std::min(reply.text.size(), kMaxStatusLine));
  std::ranges::replace_if(
      reply.text, [](char c) { return c != ' ' && !ascii::is_graph(c); }, '?');
  const auto* const row = std::ranges::find_if(
      kCodes, [&](const CodeRow& each) { return reply.status.starts_with(each.status); });
  reply.code = row == kCodes.end() ? 451 : row->code;
  return reply;
}

}  // namespace lbx::deliver
