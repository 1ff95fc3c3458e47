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

Report append_report(const std::string& path, const AppendFailure& failure) {
  const Error& error = failure.error;
  switch (step_of(failure)) {
    case AppendStep::Open:
      return Report::later("Unable to open " + path + ": " + reason(error) + ". (#4.2.1)");
    case AppendStep::LockTimeout:
      return Report::later("File has been locked for 30 seconds straight. (#4.3.0)");
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

}  // namespace

Report to_mbox(const Context& context, const std::string& path) {
  const dotqmail::EnvelopeLines& lines = context.plan.lines;
  const std::string file = path.c_str();
  PosixLockOps locks;
  const std::optional<AppendFailure> failure = append_to_mbox(
      context.system, locks, context.home, file, context.settings.locks,
      lines.from + lines.return_path + lines.delivered_to, [&](const ChunkSink& sink) {
        return for_each_chunk(context.system.files, context.message, sink);
      });
  if (failure) return append_report(file, *failure);
  return {};
}

}  // namespace lbx::deliver
