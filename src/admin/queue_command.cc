// SPDX-License-Identifier: MIT
// letterbox queue VERB: looking into the queue. The verbs that change it are in
// queue_change_command.cc and queue_import_command.cc.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "admin/commands.h"
#include "admin/queue_access.h"
#include "admin/queue_verbs.h"
#include "admin/queue_view.h"
#include "admin/site.h"
#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "queue/store/places.h"
#include "queue/store/reading.h"
#include "queue/store/spool_area.h"

namespace lbx::admin {
namespace {

constexpr std::size_t kTopDestinations = 10;

struct QueueVerb {
  std::string_view name;
  std::string_view help;
  Result<int> (*run)(System&, int, char**);
};

constexpr std::array kQueueVerbs{
    QueueVerb{"bounce", "give recipients up: their sender is told", &queue_bounce},
    QueueVerb{"check", "look for damage in the store", &queue_check},
    QueueVerb{"delete", "forget recipients: nobody is told", &queue_delete},
    QueueVerb{"hold", "keep recipients from being tried", &queue_hold},
    QueueVerb{"import", "take a stopped qmail queue over", &queue_import},
    QueueVerb{"list", "messages and their recipients", &queue_list},
    QueueVerb{"release", "let held recipients be tried again", &queue_release},
    QueueVerb{"repair", "rescue what can be read of a damaged store", &queue_repair},
    QueueVerb{"retry", "try recipients now", &queue_retry},
    QueueVerb{"show", "all about a message", &queue_show},
    QueueVerb{"stats", "the queue in numbers", &queue_stats},
};
static_assert(std::ranges::is_sorted(kQueueVerbs, {}, &QueueVerb::name), "keep the rows in order");

int queue_help() {
  std::string text = "usage: letterbox queue VERB [OPTION]...\n\n";
  for (const QueueVerb& each : kQueueVerbs) {
    ((text += "  ") += each.name) += "  ";
    (text += each.help) += '\n';
  }
  print(text + "\nletterbox queue VERB --help says more; see also letterbox-queue(1).\n");
  return 0;
}

struct ListTotals {
  std::uint64_t messages{0};
  std::uint64_t recipients{0};
  std::uint64_t octets{0};
};

/// Prints the messages as they come: the queue may be large.
Result<int> list(System& system, const QueueSelection& selection, bool json) {
  const std::int64_t now = system.clock.now().seconds;
  const auto store = LBX_TRY(queue::open_for_reading(system, mail_home(system.environment)));
  ListTotals totals;
  std::vector<queue::MessageId> missing = selection.messages;
  const auto show = [&](const queue::Message& message) -> Result<void> {
    if (json) {
      print((totals.messages == 0 ? "" : ",\n") + message_json(message, selection, now));
    } else {
      print(list_text(message, selection, now));
    }
    ++totals.messages;
    totals.octets += message.envelope.size;
    totals.recipients += static_cast<std::uint64_t>(std::ranges::count_if(
        message.recipients,
        [&selection](const queue::Recipient& each) { return chooses(selection, each); }));
    return {};
  };
  if (json) print("[");
  if (store != nullptr) missing = LBX_TRY(for_each_chosen(*store, selection, now, show));
  print(json ? "]\n"
             : std::to_string(totals.messages) + " messages, " + std::to_string(totals.recipients) +
                   " recipients, " + std::to_string(totals.octets) + " octets\n");
  return missing_messages(missing);
}

/// A message on a terminal must not give it orders; anywhere else it stays as it is.
void print_octets(std::string_view octets) {
  if (::isatty(STDOUT_FILENO) == 0) return print(std::string{octets});
  std::string text;
  for (const std::string_view line : ascii::split(octets, '\n')) text += shown(line) + '\n';
  text.pop_back();  // there is one line more than line ends
  print(text);
}

Result<void> print_body(System& system, const std::string& home, const queue::Message& message) {
  const auto* const file = std::get_if<queue::SpoolBody>(&message.body);
  if (file == nullptr) {
    print_octets(std::get<queue::InlineBody>(message.body).octets);
    return {};
  }
  const queue::SpoolArea spool = LBX_TRY(queue::SpoolArea::open(system, queue::store_of(home)));
  const UniqueFd octets = LBX_TRY(spool.open_file(file->name));
  return for_each_chunk(system.files, octets.get(), [](std::string_view chunk) -> Result<void> {
    print_octets(chunk);
    return {};
  });
}

}  // namespace

Result<int> queue_command(System& system, int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  const auto* const found = std::ranges::find(kQueueVerbs, word, &QueueVerb::name);
  if (found != kQueueVerbs.end()) return found->run(system, argc - 1, argv + 1);
  if (word == "--help" || word == "-h") return queue_help();
  return Error::never("letterbox queue needs a verb (see letterbox queue --help)");
}

void add_selection(CLI::App& app, SelectionWords& words) {
  app.add_option("messages", words.messages, "numbers of messages");
  app.add_option("--sender", words.sender, "pattern with *; <> for bounces");
  app.add_option("--recipient", words.recipient, "pattern with *");
  app.add_option("--destination", words.destination,
                 "pattern with * of a domain, or of a local user");
  app.add_option("--older", words.older, "than 90s, 10m, 12h, 3d, 2w");
  app.add_option("--younger", words.younger, "than that");
  app.add_option("--state", words.state, "waiting, held, failed or done");
  app.add_option("--channel", words.channel, "local or remote");
}

Result<QueueSelection> read_selection(const SelectionWords& words) {
  QueueSelection out;
  out.messages = words.messages;
  out.sender = words.sender;
  out.recipient = words.recipient;
  out.destination = words.destination;
  if (!words.older.empty()) out.older = LBX_TRY(parse_age(words.older));
  if (!words.younger.empty()) out.younger = LBX_TRY(parse_age(words.younger));
  if (!words.state.empty()) out.state = LBX_TRY(parse_state(words.state));
  if (!words.channel.empty()) out.channel = LBX_TRY(parse_channel(words.channel));
  return out;
}

int missing_messages(const std::vector<queue::MessageId>& missing) {
  for (const queue::MessageId each : missing) {
    std::fprintf(stderr, "letterbox: no message %lld is in the queue\n",
                 static_cast<long long>(each));
  }
  return missing.empty() ? 0 : 1;
}

Result<int> queue_list(System& system, int argc, char** argv) {
  SelectionWords words;
  bool json = false;
  CLI::App app{"List messages and those of their recipients who still wait.",
               "letterbox queue list"};
  add_selection(app, words);
  app.add_flag("--json", json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const QueueSelection selection = LBX_TRY(read_selection(words));
  return list(system, selection, json);
}

Result<int> queue_show(System& system, int argc, char** argv) {
  queue::MessageId number = 0;
  bool body = false;
  bool json = false;
  CLI::App app{"Show all about a message.", "letterbox queue show"};
  app.add_option("message", number, "its number")->required();
  CLI::Option* const with_body = app.add_flag("--body", body, "the message itself, and only that");
  app.add_flag("--json", json, "for programs")->excludes(with_body);
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const std::string home = mail_home(system.environment);
  const auto store = LBX_TRY(queue::open_for_reading(system, home));
  std::optional<queue::Message> message;
  if (store != nullptr) message = LBX_TRY(store->message(number, body));
  if (!message) return missing_messages({number});
  const std::int64_t now = system.clock.now().seconds;
  if (body) {
    LBX_TRY(print_body(system, home, *message));
  } else {
    print(json ? message_json(*message, {}, now) + '\n' : show_text(*message, now));
  }
  return 0;
}

Result<int> queue_stats(System& system, int argc, char** argv) {
  std::size_t top = kTopDestinations;
  bool json = false;
  bool prometheus = false;
  CLI::App app{"Show the queue in numbers.", "letterbox queue stats"};
  app.add_option("--top", top, "destinations to show, those with the most recipients");
  CLI::Option* const as_json = app.add_flag("--json", json, "for programs");
  app.add_flag("--prometheus", prometheus, "for Prometheus, in its text format")->excludes(as_json);
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const std::string home = mail_home(system.environment);
  const std::int64_t now = system.clock.now().seconds;
  const auto store = LBX_TRY(queue::open_for_reading(system, home));
  QueueStats stats{now};
  if (store != nullptr) {
    LBX_TRY(queue::for_each_message(*store, [&stats](const queue::Message& each) -> Result<void> {
      stats.add(each);
      return {};
    }));
  }
  const Counters counters = LBX_TRY(read_queue_counters(home));
  const auto format = json ? stats_json : prometheus ? stats_prometheus : stats_text;
  print(format(stats, counters, top, now));
  return 0;
}

Result<int> queue_check(System& system, int argc, char** argv) {
  CLI::App app{"Look for damage in the store.", "letterbox queue check"};
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const auto store = LBX_TRY(queue::open_for_reading(system, mail_home(system.environment)));
  std::vector<std::string> faults;
  if (store != nullptr) faults = LBX_TRY(store->check());
  for (const std::string& each : faults) print(shown(each) + '\n');
  print(std::to_string(faults.size()) + " faults\n");
  return faults.empty() ? 0 : 1;
}

}  // namespace lbx::admin
