// SPDX-License-Identifier: MIT
// One function for each kind of instruction. Every failure is a report; what comes from below is
// Later.
#pragma once

#include <string>
#include <vector>

#include "deliver/attempt.h"
#include "deliver/engine.h"

namespace lbx::deliver {

/// What all of them need; everything outlives the delivery.
struct Context {
  System& system;
  const Settings& settings;
  const Plan& plan;
  int home;                                   // the directory that paths and programs start from
  int message;                                // seekable
  std::size_t line{0};                        // of the script: the one that is being carried out
  std::vector<std::string>* placed{nullptr};  // gets the path of each file that took the message
  Attempt* attempt{nullptr};                  // its notes, if there are any
  bool may_settle_later{false};               // Settings::settle_later may be used
};

Report to_maildir(const Context& context, const std::string& path);
/// `key`: of its line, for the notes of the attempt.
Report to_mbox(const Context& context, const std::string& path, const std::string& key);
Report to_program(const Context& context, const std::string& command);

/// All forwards of a message in one submission, to the queue's process `queued`.
Report to_addresses(const Context& context, const std::vector<std::string>& addresses,
                    std::optional<pid_t>& queued);

}  // namespace lbx::deliver
