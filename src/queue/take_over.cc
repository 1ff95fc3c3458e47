// SPDX-License-Identifier: MIT
#include "queue/take_over.h"

#include <algorithm>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/digest.h"

namespace lbx::queue {
namespace {

/// A recipient of ours, and how it stands.
struct Standing {
  NewRecipient recipient;
  State state{State::Waiting};
  std::int64_t due{0};  // 0: at once
  std::string report{};
};

/// Reports have their addresses without line ends.
bool is_named(const Standing& standing, const std::string& address) {
  const NewRecipient& as = standing.recipient;
  return ascii::replace(as.original, '\n', '_') == address ||
         ascii::replace(as.address, '\n', '_') == address;
}

/// Gives each report to somebody who is done; one that fits nobody is kept all the same.
void add_failures(const Routes& routes, const std::vector<OldFailure>& failures,
                  std::vector<Standing>& all) {
  for (const OldFailure& failure : failures) {
    const auto who = std::ranges::find_if(all, [&failure](const Standing& each) {
      return each.state == State::Done && is_named(each, failure.address);
    });
    if (who != all.end()) {
      who->state = State::Failed;
      who->report = failure.report;
      continue;
    }
    NewRecipient named;
    named.address = failure.address;
    all.push_back({classify(routes, std::move(named)), State::Failed, 0, failure.report});
  }
}

std::vector<Standing> standing_of(const Routes& routes, const OldMessage& message) {
  std::vector<Standing> all;
  for (const OldRecipient& each : message.recipients) {
    if (!message.classified) {
      NewRecipient submitted;
      submitted.address = each.address;
      all.push_back({classify(routes, std::move(submitted))});
      continue;
    }
    const std::int64_t due =
        each.channel == Channel::Local ? message.due_local : message.due_remote;
    all.push_back({classified_before(routes, each.channel, each.address),
                   each.done ? State::Done : State::Waiting, due});
  }
  add_failures(routes, message.failures, all);
  return all;
}

NewMessage new_message(const OldMessage& old, Body body, const std::vector<Standing>& all) {
  NewMessage out;
  out.envelope.sender = old.sender;
  out.envelope.uid = old.uid;
  out.envelope.pid = old.pid;
  out.envelope.born = old.born;
  out.envelope.size = old.size;
  out.body = std::move(body);
  for (const Standing& each : all) out.recipients.push_back(each.recipient);
  return out;
}

/// What has to be said of recipients that do not just wait since the message was born.
std::vector<Outcome> outcomes_of(const OldMessage& old, const std::vector<Standing>& all,
                                 const Submitted& submitted) {
  std::vector<Outcome> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Standing& each = all[i];
    if (each.state == State::Waiting && each.due <= old.born) continue;
    const std::int64_t tried = each.state == State::Failed ? old.failed : old.born;
    out.push_back({submitted.recipients.at(i), each.state, each.due, tried, each.report});
  }
  return out;
}

class Taking {
 public:
  Taking(const OldQueue& old, QueueStore& store, const Routes& routes, const BodyMaker& make_body,
         const TakeOverOptions& options)
      : old_{old}, store_{store}, routes_{routes}, make_body_{make_body}, options_{options} {}

  Result<TakenOver> run() {
    const Result<void> done = all();
    if (!done) {
      store_.roll_back();
      return done.error();
    }
    return std::move(count_);
  }

 private:
  Result<void> all() {
    LBX_TRY(store_.begin(Durability::Now));
    for (const std::uint64_t number : old_.numbers()) {
      const Result<OldMessage> message = old_.read(number);
      if (!message) {
        problem(number, message.error());
        continue;
      }
      LBX_TRY(take(*message));
      if (together_ < kMaxTakenTogether && octets_ < kMaxOctetsTogether) continue;
      LBX_TRY(finish());
      LBX_TRY(store_.begin(Durability::Now));
    }
    return finish();
  }

  Result<void> take(const OldMessage& message) {
    const std::vector<Standing> all = standing_of(routes_, message);
    const auto waiting = std::ranges::count(all, State::Waiting, &Standing::state);
    const auto failed = std::ranges::count(all, State::Failed, &Standing::state);
    ++together_;
    if (waiting + failed == 0) {
      ++count_.finished;
      ours_.push_back(message.number);
      return {};
    }
    Result<UniqueFd> text = old_.open_message(message.number);
    if (!text) {
      problem(message.number, text.error());
      return {};
    }
    const bool first = LBX_TRY(store_.once(identity_of(message)));
    ours_.push_back(message.number);
    if (!first) {
      ++count_.known;
      return {};
    }
    ++count_.messages;
    count_.recipients += static_cast<std::uint64_t>(waiting);
    count_.failed += static_cast<std::uint64_t>(failed);
    if (options_.dry_run) return {};
    Body body = LBX_TRY(make_body_(text->get(), message.size));
    if (std::holds_alternative<InlineBody>(body)) octets_ += message.size;
    const Submitted submitted = LBX_TRY(store_.submit(new_message(message, std::move(body), all)));
    return store_.record(outcomes_of(message, all, submitted));
  }

  /// The transaction's end; only then may anything be removed.
  Result<void> finish() {
    together_ = 0;
    octets_ = 0;
    const std::vector<std::uint64_t> ours = std::exchange(ours_, {});
    if (options_.dry_run) {
      store_.roll_back();
      return {};
    }
    LBX_TRY(store_.commit());
    if (!options_.remove) return {};
    for (const std::uint64_t number : ours) {
      LBX_TRY(old_.remove(number));
      ++count_.removed;
    }
    return {};
  }

  void problem(std::uint64_t number, const Error& error) {
    count_.problems.push_back("message " + std::to_string(number) + ": " + error.what);
  }

  const OldQueue& old_;
  QueueStore& store_;
  const Routes& routes_;
  const BodyMaker& make_body_;
  const TakeOverOptions& options_;
  TakenOver count_;
  std::vector<std::uint64_t> ours_;  // of the transaction
  std::size_t together_{0};
  std::uint64_t octets_{0};
};

}  // namespace

std::string identity_of(const OldMessage& message) {
  // Not the birth, which qmail-send sets anew when it classifies, nor the recipients.
  return "qmail " +
         sha256_hex(std::to_string(message.number) + ' ' + std::to_string(message.written) + ' ' +
                    std::to_string(message.size) + ' ' + message.sender);
}

NewRecipient classified_before(const Routes& routes, Channel channel, const std::string& address) {
  const std::size_t at = address.rfind('@');
  if (channel == Channel::Local) {
    // "joe-shop-info@shop.example" may be what "joe-shop:" made of "info@shop.example".
    for (std::size_t dash = address.find('-'); dash < at; dash = address.find('-', dash + 1)) {
      NewRecipient submitted;
      submitted.address = address.substr(dash + 1);
      NewRecipient again = classify(routes, std::move(submitted));
      if (again.channel == channel && again.address == address) return again;
    }
  }
  NewRecipient out;
  out.channel = channel;
  out.address = address;
  const std::string local = address.substr(0, at);
  out.destination = ascii::to_lower(channel == Channel::Local
                                        ? local.substr(0, local.find_first_of(routes.delimiters))
                                    : at == std::string::npos ? local
                                                              : address.substr(at + 1));
  return out;
}

Result<TakenOver> take_over(const OldQueue& old, QueueStore& store, const Routes& routes,
                            const BodyMaker& make_body, const TakeOverOptions& options) {
  return Taking{old, store, routes, make_body, options}.run();
}

}  // namespace lbx::queue
