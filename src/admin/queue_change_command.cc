// SPDX-License-Identifier: MIT
// letterbox queue retry|hold|release|delete|bounce: one form, five changes.
#include <nlohmann/json.hpp>

#include "admin/commands.h"
#include "admin/queue_access.h"
#include "admin/queue_verbs.h"
#include "admin/queue_view.h"
#include "core/base/mail_home.h"
#include "queue/store/reading.h"

namespace lbx::admin {
namespace {

using queue::Change;

constexpr const char* kReason = "Removed from the queue by the administrator. (#5.3.0)";

struct ChangeVerb {
  Change change;
  const char* name;
  const char* purpose;
  const char* done;  // "held 3 recipients"
};

struct ChangeOptions {
  SelectionWords words;
  std::string reason{kReason};
  bool all{false};
  bool dry_run{false};
  bool json{false};
};

/// What there is to change, shown as it is found where that is wanted.
Result<std::vector<queue::MessageId>> choose(queue::QueueStore& store, Change change,
                                             const QueueSelection& selection, std::int64_t now,
                                             bool show, ChosenRecipients& chosen) {
  return for_each_chosen(store, selection, now, [&](const queue::Message& message) -> Result<void> {
    queue::Message part = message;
    std::erase_if(part.recipients, [&](const queue::Recipient& each) {
      return !chooses(selection, each) || !applies(change, each.state);
    });
    if (part.recipients.empty()) return {};
    ++chosen.messages;
    chosen.touched.push_back(part.id);
    for (const queue::Recipient& each : part.recipients) chosen.recipients.push_back(each.id);
    if (show) print(list_text(part, selection, now));
    return {};
  });
}

void summarize(const ChangeVerb& verb, const ChangeOptions& options, const ChosenRecipients& chosen,
               std::uint64_t changed) {
  if (options.json) {
    const nlohmann::ordered_json out{{"change", verb.name},
                                     {"dry_run", options.dry_run},
                                     {"messages", chosen.messages},
                                     {"chosen", chosen.recipients.size()},
                                     {"changed", changed}};
    return print(out.dump() + '\n');
  }
  const std::string of = " recipients of " + std::to_string(chosen.messages) + " messages\n";
  if (options.dry_run) {
    return print("would have " + std::string{verb.done} + ' ' +
                 std::to_string(chosen.recipients.size()) + of);
  }
  const std::uint64_t gone = chosen.recipients.size() - changed;
  print(std::string{verb.done} + ' ' + std::to_string(changed) + of);
  if (gone > 0) print(std::to_string(gone) + " were dealt with meanwhile\n");
}

Result<int> carry_out(System& system, const ChangeVerb& verb, const ChangeOptions& options) {
  const QueueSelection selection = LBX_TRY(read_selection(options.words));
  if (chooses_everything(selection) && !options.all) {
    return Error::never("that would be the whole queue; --all says that it is meant");
  }
  const std::string home = mail_home(system.environment);
  const std::int64_t now = system.clock.now().seconds;
  ChosenRecipients chosen;
  std::vector<queue::MessageId> missing = selection.messages;
  {
    // Its reader must not stand in the way of what is written next.
    const auto store = LBX_TRY(queue::open_for_reading(system, home));
    if (store != nullptr) {
      missing = LBX_TRY(
          choose(*store, verb.change, selection, now, options.dry_run && !options.json, chosen));
    }
  }
  std::uint64_t changed = 0;
  if (!options.dry_run) {
    const std::string report = verb.change == Change::Fail ? options.reason : "";
    changed = LBX_TRY(change_queue(system, home, verb.change, report, chosen));
  }
  summarize(verb, options, chosen, changed);
  return missing_messages(missing);
}

Result<int> change_command(const ChangeVerb& verb, System& system, int argc, char** argv) {
  ChangeOptions options;
  CLI::App app{verb.purpose, std::string{"letterbox queue "} + verb.name};
  add_selection(app, options.words);
  if (verb.change == Change::Fail) {
    app.add_option("--reason", options.reason, "what the sender is told");
  }
  app.add_flag("--all", options.all, "everything in the queue");
  app.add_flag("--dry-run", options.dry_run, "only show what would be changed");
  app.add_flag("--json", options.json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  return carry_out(system, verb, options);
}

}  // namespace

Result<int> queue_retry(System& system, int argc, char** argv) {
  return change_command({Change::Retry, "retry", "Try recipients now.", "made due"}, system, argc,
                        argv);
}

Result<int> queue_hold(System& system, int argc, char** argv) {
  return change_command({Change::Hold, "hold", "Keep recipients from being tried.", "held"}, system,
                        argc, argv);
}

Result<int> queue_release(System& system, int argc, char** argv) {
  return change_command(
      {Change::Release, "release", "Let held recipients be tried again.", "released"}, system, argc,
      argv);
}

Result<int> queue_delete(System& system, int argc, char** argv) {
  return change_command({Change::Delete, "delete", "Forget recipients. Nobody is told.", "deleted"},
                        system, argc, argv);
}

Result<int> queue_bounce(System& system, int argc, char** argv) {
  return change_command(
      {Change::Fail, "bounce", "Give recipients up. Their sender is told.", "given up"}, system,
      argc, argv);
}

}  // namespace lbx::admin
