// SPDX-License-Identifier: MIT
// To other addresses: one submission to the queue for all of them, with a Delivered-To line before
// the message against loops (CONTRACT 2.12).
#include "core/base/io.h"
#include "core/wire/queue_client.h"
#include "deliver/executors.h"

namespace lbx::deliver {
namespace {

Result<pid_t> submit(const Context& context, const std::vector<std::string>& addresses) {
  const Environment environment =
      dotqmail::with_variables(context.system.environment, context.plan.variables);
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(context.system, environment));
  queue.write(context.plan.lines.delivered_to);
  const Result<void> copied =
      for_each_chunk(context.system.files, context.message, [&](std::string_view bytes) {
        queue.write(bytes);
        return Result<void>{};
      });
  if (!copied) queue.abandon();

  wire::Envelope envelope{context.plan.new_sender, {}};
  // A NUL ends an address in the envelope, so it ends it here.
  for (const std::string& each : addresses) envelope.recipients.emplace_back(each.c_str());
  return std::move(queue).finish(envelope);
}

}  // namespace

Report to_addresses(const Context& context, const std::vector<std::string>& addresses,
                    std::optional<pid_t>& queued) {
  const Result<pid_t> submitted = submit(context, addresses);
  if (submitted) {
    queued = *submitted;
    return {};
  }
  Report report = Report::later("Unable to forward message: " + submitted.error().what + '.');
  if (submitted.error().retry == Retry::Never) report.verdict = Verdict::Never;
  return report;
}

}  // namespace lbx::deliver
