// SPDX-License-Identifier: MIT
// letterbox queue import: a stopped qmail queue becomes part of ours.
#include <cerrno>
#include <nlohmann/json.hpp>

#include "admin/commands.h"
#include "admin/queue_verbs.h"
#include "admin/site.h"
#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/control/control_directory.h"
#include "core/wire/queue_door.h"
#include "queue/store/places.h"
#include "queue/store/spool_area.h"
#include "queue/store/sqlite_store.h"
#include "queue/take_over.h"

namespace lbx::admin {
namespace {

using queue::SqliteStore;
using queue::TakenOver;

Result<std::unique_ptr<SqliteStore>> open_for_import(System& system, const std::string& directory) {
  auto store = SqliteStore::open(system, directory, {SqliteStore::Access::Write});
  if (store) return store;
  const int why = store.error().os_error;
  if (why == EWOULDBLOCK) {
    return Error::later("letterbox-queued is running: stop it, import, and start it again");
  }
  if (why != ENOENT) return store;
  return Error::later("there is no " + directory + " yet: start letterbox-queued once");
}

/// Small messages go into the database, large ones into files of ours: copies.
Result<queue::Body> make_body(System& system, const queue::SpoolArea& spool, int message,
                              std::uint64_t size) {
  if (size <= wire::kMaxDoorMemory) {
    return queue::Body{queue::InlineBody{
        LBX_TRY(read_whole(system.files, message, wire::kMaxDoorMemory, "the message"))}};
  }
  UniqueFd file = LBX_TRY(spool.create(""));
  LBX_TRY(for_each_chunk(system.files, message, [&](std::string_view chunk) {
    return write_all(system.files, file.get(), chunk);
  }));
  const queue::SpoolArea::Adopted adopted = LBX_TRY(spool.adopt(std::move(file), ""));
  return queue::Body{queue::SpoolBody{adopted.name}};
}

std::string summary_text(const TakenOver& done, bool dry_run) {
  std::string out;
  for (const std::string& each : done.problems) out += shown(each) + '\n';
  return out + (dry_run ? "would take over " : "took over ") + std::to_string(done.messages) +
         " messages for " + std::to_string(done.recipients) + " recipients, " +
         std::to_string(done.failed) + " failures to report; " + std::to_string(done.known) +
         " known, " + std::to_string(done.finished) + " finished, " +
         std::to_string(done.problems.size()) + " not readable, " + std::to_string(done.removed) +
         " removed from the old queue\n";
}

std::string summary_json(const TakenOver& done, bool dry_run) {
  const nlohmann::ordered_json out{
      {"dry_run", dry_run},      {"messages", done.messages}, {"recipients", done.recipients},
      {"failed", done.failed},   {"known", done.known},       {"finished", done.finished},
      {"removed", done.removed}, {"problems", done.problems}};
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

Result<TakenOver> import(System& system, const std::string& path,
                         const queue::TakeOverOptions& options) {
  const std::string home = mail_home(system.environment);
  const std::string directory = queue::store_of(home);
  const control::ControlDirectory control{system.files, home};
  const queue::Routes routes = LBX_TRY(queue::read_routes(control, system.host_name));
  const queue::OldQueue old = LBX_TRY(queue::OldQueue::open(system.files, path));
  const auto store = LBX_TRY(open_for_import(system, directory));
  queue::SpoolArea spool = LBX_TRY(queue::SpoolArea::open(system, directory));
  Result<TakenOver> done = queue::take_over(
      old, *store, routes,
      [&](int message, std::uint64_t size) { return make_body(system, spool, message, size); },
      options);
  // Copies whose messages were not committed, now or by a run before that did not come to its end.
  if (!options.dry_run) LBX_TRY(spool.sweep(*store));
  return done;
}

}  // namespace

Result<int> queue_import(System& system, int argc, char** argv) {
  std::string path;
  queue::TakeOverOptions options;
  bool json = false;
  CLI::App app{"Take a stopped qmail queue over.", "letterbox queue import"};
  app.add_option("queue", path, "the queue, as /var/qmail/queue")->required();
  app.add_flag("--remove", options.remove, "remove what was taken over from the old queue");
  app.add_flag("--dry-run", options.dry_run, "only count");
  app.add_flag("--json", json, "for programs");
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const TakenOver done = LBX_TRY(import(system, path, options));
  print(json ? summary_json(done, options.dry_run) : summary_text(done, options.dry_run));
  return done.problems.empty() ? 0 : 1;
}

}  // namespace lbx::admin
