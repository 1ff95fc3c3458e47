// SPDX-License-Identifier: MIT
// Any bytes, cut anywhere, as what an LMTP client sends: the same answers however they are cut and
// whenever the postmaster answers, every answer in lines, no 250 for a message that the postmaster
// has not taken, and no sender or recipient in an order that no command named. Beside it, commands
// as they are: whatever parses has no control octets. The first octet chooses settings, the second
// one how the rest is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/file_ops.h"
#include "deliver/lmtp_session.h"
#include "support/fake_postmaster.h"
#include "support/require.h"

using namespace lbx;
using namespace lbx::deliver;
using lbx::testing_support::FakePostmaster;

namespace {

class StoppedClock final : public Clock {
 public:
  Instant now() override { return {1'700'000'000, 0}; }
};
class NoRandomness final : public Randomness {
 public:
  std::uint64_t bits64() override { return 7; }
};

struct Outcome {
  std::string answers;
  std::vector<std::string> messages;
  bool ended;
  bool operator==(const Outcome&) const = default;
};

std::string pull(LmtpSession& session) {
  std::string all;
  while (session.has_output()) {
    std::string piece;
    session.output(piece, 1000);
    require(piece.size() <= 1000 + Conversation::kOutputSlack);
    all += piece;
  }
  return all;
}

void check(const FakePostmaster& postmaster, const std::string& answers) {
  require(answers.ends_with("\r\n"));
  for (const Order& order : postmaster.orders) {
    for (const std::string* each : {&order.local, &order.domain, &order.sender}) {
      require(each->find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
    }
  }
  std::size_t taken = 0;
  for (std::size_t at = answers.find("250 2.0.0 delivered"); at != std::string::npos;
       at = answers.find("250 2.0.0 delivered", at + 1)) {
    ++taken;
  }
  require(taken <= postmaster.messages.size());
}

/// `cut`: octets in one piece; 0: all.
Outcome play(std::string_view bytes, unsigned kind, std::size_t cut, bool at_once) {
  PosixFileOps files;
  StoppedClock clock;
  NoRandomness randomness;
  System system{files, clock, randomness, 1, "h", {}};
  FakePostmaster postmaster;
  postmaster.at_once = at_once;
  postmaster.verdicts["no"] = {Verdict::Never, "5.1.1 no"};
  postmaster.deliveries["z"] = {Verdict::Later, "4.2.2 full"};
  LmtpSettings settings;
  settings.host_name = "h";
  settings.max_octets = (kind & 1U) != 0 ? 20 : 0;
  settings.max_recipients = (kind & 2U) != 0 ? 2 : 1000;
  settings.starttls = (kind & 8U) != 0;
  if ((kind & 4U) != 0) settings.bare_line_ends = BareLineEnds::Normalize;

  LmtpSession session{system, postmaster, settings, {"p"}};
  Outcome outcome{pull(session), {}, false};
  // What comes in the clear behind STARTTLS is dropped, however it is cut.
  while (!bytes.empty() && !session.ended() && !session.wants_tls()) {
    const std::string_view piece = bytes.substr(0, cut == 0 ? bytes.size() : cut);
    session.input(piece);
    outcome.answers += pull(session);
    while (session.waiting()) {
      require(postmaster.waiting() > 0 && postmaster.waiting() <= kMaxOrdersAtOnce);
      postmaster.answer_one(postmaster.waiting() - 1);  // the youngest first: order must not count
      outcome.answers += pull(session);
    }
    bytes.remove_prefix(piece.size());
  }
  check(postmaster, outcome.answers);
  outcome.messages = postmaster.messages;
  std::ranges::sort(outcome.messages);
  outcome.ended = session.ended();
  return outcome;
}

void check_commands(std::string_view line) {
  const auto mail = wire::parse_mail(line);
  if (const auto* good = std::get_if<wire::MailCommand>(&mail)) {
    const auto again = wire::parse_mail("FROM:<" + good->sender.str() + "> SMTPUTF8");
    const auto* same = std::get_if<wire::MailCommand>(&again);
    require(same != nullptr && same->sender == good->sender);
  }
  static_cast<void>(wire::parse_rcpt(line, true));
  static_cast<void>(wire::parse_bdat(line));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  const Outcome whole = play(bytes, data[0], 0, true);
  require(play(bytes, data[0], 1 + data[1], true) == whole);
  require(play(bytes, data[0], 0, false) == whole);
  require(play(bytes, data[0], 1 + data[1] % 7U, false) == whole);
  check_commands(bytes);
  return 0;
}
