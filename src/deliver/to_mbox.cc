// SPDX-License-Identifier: MIT
// Onto the end of an mbox (CONTRACT 2.10): From_ line, Return-Path, Delivered-To, the message with
// mboxrd quoting, an empty line. Without a lock nothing is written.
#include <cerrno>

#include "core/base/io.h"
#include "core/mbox/appender.h"
#include "deliver/executors.h"

namespace lbx::deliver {
namespace {

/// A dot-lock is made before the mbox is opened, so it is what meets a missing directory.
AppendStep step_of(const AppendFailure& failure) {
  const int code = failure.error.os_error;
  const bool no_directory = code == ENOENT || code == ENOTDIR;
  return failure.step == AppendStep::Lock && no_directory ? AppendStep::Open : failure.step;
}

Report append_report(const std::string& path, const AppendFailure& failure,
                     std::chrono::milliseconds waited) {
  const Error& error = failure.error;
  switch (step_of(failure)) {
    case AppendStep::Open:
      return Report::later("Unable to open " + path + ": " + reason(error) + ". (#4.2.1)");
    case AppendStep::LockTimeout:
      return Report::later(
          "File has been locked for " +
          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(waited).count()) +
          " seconds straight. (#4.3.0)");
    case AppendStep::Lock:
      return Report::later("Unable to lock " + path + ": " + reason(error) + ". (#4.3.0)");
    case AppendStep::Read:
      return Report::failed("Unable to read message. (#4.3.0)", error);
    case AppendStep::Write:
      break;
  }
  Report report = Report::failed("", error);
  report.text = "Unable to write " + path + ": " + report.detail + ". (#4.3.0)";
  report.detail.clear();
  return report;
}

/// The lines before the message, as an append at `seconds` wrote them.
std::string lines_of(const Plan& plan, std::int64_t seconds) {
  const dotqmail::EnvelopeLines lines = dotqmail::envelope_lines(plan.request, {seconds, 0});
  return lines.from + lines.return_path + lines.delivered_to;
}

std::optional<AppendFailure> append(const Context& context, const std::string& file,
                                    const MboxLockPolicy& policy, const std::string& key) {
  PosixLockOps locks;
  const MessageSource message = [&](const ChunkSink& sink) {
    return for_each_chunk(context.system.files, context.message, sink);
  };
  const std::int64_t now = context.plan.now.seconds;
  if (context.attempt == nullptr) {
    return append_to_mbox(context.system, locks, context.home, file, policy,
                          lines_of(context.plan, now), message);
  }
  const AttemptNote& note = context.attempt->note(key);
  // The date of the first attempt, so that what it wrote is recognized.
  const std::int64_t seconds = note.length ? note.seconds : now;
  const AppendOnce once{note.length, [&](std::uint64_t length) {
                          return context.attempt->begin(key, length, seconds);
                        }};
  return append_to_mbox(context.system, locks, context.home, file, policy,
                        lines_of(context.plan, seconds), message, &once);
}

}  // namespace

Report to_mbox(const Context& context, const std::string& path, const std::string& key) {
  const Result<MboxLockPolicy> policy = mbox_locks(context.settings);
  if (!policy) return bad_setting(policy.error());
  const std::string file = path.c_str();
  const std::optional<AppendFailure> failure = append(context, file, *policy, key);
  if (failure) return append_report(file, *failure, policy->timeout);
  if (context.placed != nullptr) context.placed->push_back(file);
  return {};
}

}  // namespace lbx::deliver
