// SPDX-License-Identifier: MIT
// The verbs of `letterbox queue`; argv[0] is the verb. See letterbox-queue(1).
#pragma once

#include "admin/queue_selection.h"
#include "core/base/result.h"
#include "core/base/system.h"
#include "service/command_line.h"

namespace lbx::admin {

/// The options that choose, as they are written.
struct SelectionWords {
  std::vector<queue::MessageId> messages{};
  std::optional<std::string> sender{};
  std::optional<std::string> recipient{};
  std::optional<std::string> destination{};
  std::string older{};
  std::string younger{};
  std::string state{};
  std::string channel{};
};
void add_selection(CLI::App& app, SelectionWords& words);
Result<QueueSelection> read_selection(const SelectionWords& words);

/// Complains about numbers that no message has; the exit status.
int missing_messages(const std::vector<queue::MessageId>& missing);

Result<int> queue_list(System& system, int argc, char** argv);
Result<int> queue_show(System& system, int argc, char** argv);
Result<int> queue_stats(System& system, int argc, char** argv);
Result<int> queue_check(System& system, int argc, char** argv);
Result<int> queue_repair(System& system, int argc, char** argv);
Result<int> queue_import(System& system, int argc, char** argv);

Result<int> queue_retry(System& system, int argc, char** argv);
Result<int> queue_hold(System& system, int argc, char** argv);
Result<int> queue_release(System& system, int argc, char** argv);
Result<int> queue_delete(System& system, int argc, char** argv);
Result<int> queue_bounce(System& system, int argc, char** argv);

}  // namespace lbx::admin
