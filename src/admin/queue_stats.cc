// SPDX-License-Identifier: MIT
#include "admin/queue_stats.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "admin/queue_selection.h"
#include "admin/queue_view.h"
#include "admin/site.h"
#include "core/base/ascii.h"

namespace lbx::admin {
namespace {

using Json = nlohmann::ordered_json;
using queue::Channel;
using queue::State;

constexpr std::array kShownChannels{Channel::Local, Channel::Remote};
constexpr std::array kShownStates{State::Waiting, State::Held, State::Failed};
/// Of what is beyond kMaxDestinations.
constexpr const char* kOthers = "(others)";

/// Of letterbox-queued's numbers, those that only grow while it runs; the others say how it is now.
constexpr std::array<std::string_view, 9> kGrowing{"accepted",      "begun",    "bounces",
                                                   "commit_errors", "deferred", "delivered",
                                                   "failed",        "flushes",  "transactions"};
static_assert(std::ranges::is_sorted(kGrowing));

/// A name as metrics have it: letters, digits and '_'.
std::string metric_name(std::string_view name) {
  std::string out = ascii::to_lower(name);
  std::ranges::replace_if(
      out, [](char c) { return !ascii::is_alnum(c); }, '_');
  return out;
}

/// In the quotes of a label: what would end it, or is not readable, is escaped.
std::string label(const std::string& text) {
  std::string out;
  for (const char c : shown(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class Exposition {
 public:
  void metric(const std::string& name, const char* type, const char* help) {
    text_ += "# HELP " + name + ' ' + help + "\n# TYPE " + name + ' ' + type + '\n';
  }
  void value(const std::string& name, const std::string& labels, std::int64_t value) {
    text_ += name + (labels.empty() ? "" : '{' + labels + '}') + ' ' + std::to_string(value) + '\n';
  }
  void value(const std::string& name, const std::string& labels, std::uint64_t value) {
    text_ += name + (labels.empty() ? "" : '{' + labels + '}') + ' ' + std::to_string(value) + '\n';
  }
  template <typename Number>
  void gauge(const std::string& name, const char* help, Number number) {
    metric(name, "gauge", help);
    value(name, "", number);
  }
  std::string take() && { return std::move(text_); }

 private:
  std::string text_;
};

void expose_ages(Exposition& out, const QueueStats& stats) {
  const std::string name = "letterbox_queue_messages_by_age";
  out.metric(name, "gauge", "Messages that are at most so many seconds old.");
  std::uint64_t younger = 0;
  for (std::size_t i = 0; i < stats.ages().size(); ++i) {
    younger += stats.ages()[i];
    const std::string bound = i < kAges.size() ? std::to_string(kAges[i]) : "+Inf";
    out.value(name, "le=\"" + bound + '"', younger);
  }
}

void expose_counters(Exposition& out, const Counters& counters) {
  out.gauge("letterbox_queued_up", "Whether letterbox-queued runs.",
            std::int64_t{counters ? 1 : 0});
  if (!counters) return;
  for (const wire::Counter& each : *counters) {
    const std::string name = "letterbox_queued_" + metric_name(each.name);
    if (std::ranges::binary_search(kGrowing, each.name)) {
      out.metric(name + "_total", "counter", "Since the start of letterbox-queued.");
      out.value(name + "_total", "", each.value);
    } else {
      out.gauge(name, "As letterbox-queued has it now.", each.value);
    }
  }
}

}  // namespace

void QueueStats::add(const queue::Message& message) {
  const std::int64_t born = message.envelope.born;
  ++messages_;
  octets_ += message.envelope.size;
  if (oldest_ == 0 || born < oldest_) oldest_ = born;
  const auto* const age = std::ranges::lower_bound(kAges, now_ - born);
  ++ages_[static_cast<std::size_t>(age - kAges.begin())];
  for (const queue::Recipient& each : message.recipients) {
    if (each.state == State::Done) continue;
    ++states_[{each.as.channel, each.state}];
    if (each.state == State::Waiting && each.due <= now_) ++due_;
    Key key{each.as.channel, each.as.destination};
    if (destinations_.size() >= kMaxDestinations && !destinations_.contains(key)) {
      key.second = kOthers;
    }
    DestinationStats& to = destinations_[key];
    if (to.recipients++ == 0) to = {key.second, key.first, 1, 0, born};
    to.oldest = std::min(to.oldest, born);
    if (each.state == State::Waiting && each.attempts > 0) {
      ++to.deferred;
      ++deferred_[each.as.channel];
    }
  }
}

std::int64_t QueueStats::oldest_age() const {
  return oldest_ == 0 ? 0 : std::max<std::int64_t>(now_ - oldest_, 0);
}

std::uint64_t QueueStats::recipients(Channel channel, State state) const {
  const auto found = states_.find({channel, state});
  return found == states_.end() ? 0 : found->second;
}

std::uint64_t QueueStats::deferred(Channel channel) const {
  const auto found = deferred_.find(channel);
  return found == deferred_.end() ? 0 : found->second;
}

std::vector<DestinationStats> QueueStats::top(std::size_t limit) const {
  std::vector<DestinationStats> all;
  for (const auto& [key, each] : destinations_) all.push_back(each);
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
  std::ranges::partial_sort(all, end, [](const auto& a, const auto& b) {
    return std::pair{b.recipients, a.oldest} < std::pair{a.recipients, b.oldest};
  });
  all.erase(end, all.end());
  return all;
}

std::string stats_text(const QueueStats& stats, const Counters& counters, std::size_t top,
                       std::int64_t now) {
  std::string out = "messages  " + std::to_string(stats.messages()) + ", " +
                    std::to_string(stats.octets()) + " octets, the oldest " +
                    span_text(stats.oldest_age()) + " old\n";
  for (const Channel channel : kShownChannels) {
    out += channel == Channel::Local ? "local   " : "remote  ";
    for (const State state : kShownStates) {
      out += "  " + std::to_string(stats.recipients(channel, state)) + ' ' +
             std::string{word_of(state)};
    }
    out += '\n';
  }
  out += "due now   " + std::to_string(stats.due()) + '\n';
  const std::vector<DestinationStats> most = stats.top(top);
  if (!most.empty()) out += "most for\n";
  for (const DestinationStats& each : most) {
    out += "    " + std::to_string(each.recipients) + "  " + std::string{word_of(each.channel)} +
           ' ' + shown(each.destination) + ", oldest " + span_text(now - each.oldest) + '\n';
  }
  if (!counters) return out + "letterbox-queued is not running\n";
  out += "letterbox-queued\n";
  for (const wire::Counter& each : *counters) {
    out += "    " + shown(each.name) + ' ' + std::to_string(each.value) + '\n';
  }
  return out;
}

std::string stats_json(const QueueStats& stats, const Counters& counters, std::size_t top,
                       std::int64_t now) {
  Json out{{"messages", stats.messages()},
           {"octets", stats.octets()},
           {"oldest_age", stats.oldest_age()},
           {"due", stats.due()}};
  for (const Channel channel : kShownChannels) {
    Json& row = out[std::string{word_of(channel)}];
    for (const State state : kShownStates) {
      row[std::string{word_of(state)}] = stats.recipients(channel, state);
    }
    row["deferred"] = stats.deferred(channel);
  }
  Json ages = Json::array();
  for (std::size_t i = 0; i < stats.ages().size(); ++i) {
    const Json up_to = i < kAges.size() ? Json(kAges[i]) : Json(nullptr);
    ages.push_back({{"up_to", up_to}, {"messages", stats.ages()[i]}});
  }
  out["ages"] = std::move(ages);
  Json most = Json::array();
  for (const DestinationStats& each : stats.top(top)) {
    most.push_back({{"destination", each.destination},
                    {"channel", word_of(each.channel)},
                    {"recipients", each.recipients},
                    {"deferred", each.deferred},
                    {"oldest_age", std::max<std::int64_t>(now - each.oldest, 0)}});
  }
  out["destinations"] = std::move(most);
  out["running"] = counters.has_value();
  if (counters) {
    Json& all = out["counters"] = Json::object();
    for (const wire::Counter& each : *counters) all[each.name] = each.value;
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string stats_prometheus(const QueueStats& stats, const Counters& counters, std::size_t top,
                             std::int64_t now) {
  Exposition out;
  out.gauge("letterbox_queue_messages", "Messages in the queue.", stats.messages());
  out.gauge("letterbox_queue_octets", "Octets of these messages.", stats.octets());
  out.gauge("letterbox_queue_oldest_seconds", "Age of the oldest message.", stats.oldest_age());
  out.gauge("letterbox_queue_due", "Recipients to be tried now.", stats.due());
  const std::string recipients = "letterbox_queue_recipients";
  out.metric(recipients, "gauge", "Recipients that are not done.");
  for (const Channel channel : kShownChannels) {
    for (const State state : kShownStates) {
      out.value(recipients,
                "channel=\"" + std::string{word_of(channel)} + "\",state=\"" +
                    std::string{word_of(state)} + '"',
                stats.recipients(channel, state));
    }
  }
  const std::string deferred = "letterbox_queue_deferred";
  out.metric(deferred, "gauge", "Recipients that wait though they have been tried.");
  for (const Channel channel : kShownChannels) {
    out.value(deferred, "channel=\"" + std::string{word_of(channel)} + '"',
              stats.deferred(channel));
  }
  expose_ages(out, stats);
  const std::vector<DestinationStats> most = stats.top(top);
  const auto labels = [](const DestinationStats& each) {
    return "channel=\"" + std::string{word_of(each.channel)} + "\",destination=\"" +
           label(each.destination) + '"';
  };
  const std::string count = "letterbox_queue_destination_recipients";
  out.metric(count, "gauge", "Recipients of the destinations that have the most.");
  for (const DestinationStats& each : most) out.value(count, labels(each), each.recipients);
  const std::string put_off = "letterbox_queue_destination_deferred";
  out.metric(put_off, "gauge", "Of these, those that wait though they have been tried.");
  for (const DestinationStats& each : most) out.value(put_off, labels(each), each.deferred);
  const std::string age = "letterbox_queue_destination_oldest_seconds";
  out.metric(age, "gauge", "Age of the oldest message for them.");
  for (const DestinationStats& each : most) {
    out.value(age, labels(each), std::max<std::int64_t>(now - each.oldest, 0));
  }
  expose_counters(out, counters);
  return std::move(out).take();
}

}  // namespace lbx::admin
