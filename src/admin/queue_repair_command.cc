// SPDX-License-Identifier: MIT
// letterbox queue repair: what can still be read of a damaged store goes into a new one.
#include "admin/commands.h"
#include "admin/queue_verbs.h"
#include "admin/site.h"
#include "core/base/mail_home.h"
#include "queue/store/places.h"
#include "queue/store/sqlite_repair.h"
#include "service/command_line.h"

namespace lbx::admin {

Result<int> queue_repair(System& system, int argc, char** argv) {
  CLI::App app{"Rescue what can be read of a damaged store. The queue must not be running.",
               "letterbox queue repair"};
  const std::optional<int> ended = LBX_TRY(parse_command_line(app, argc, argv));
  if (ended) return *ended;
  const std::string directory = queue::store_of(mail_home(system.environment));
  const queue::Repair repair = LBX_TRY(queue::repair_store(system, directory));
  for (const std::string& each : repair.lost) print("lost: " + shown(each) + '\n');
  print(std::to_string(repair.messages) + " messages with " + std::to_string(repair.recipients) +
        " recipients; the old file is " + directory + '/' + repair.kept + '\n');
  return repair.lost.empty() ? 0 : 1;
}

}  // namespace lbx::admin
