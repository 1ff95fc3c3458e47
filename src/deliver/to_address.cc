// SPDX-License-Identifier: MIT
// To other addresses: one submission to the queue for all of them, with a Delivered-To line before
// the message against loops (CONTRACT 2.12).
#include "deliver/executors.h"
#include "deliver/submit.h"

namespace lbx::deliver {

Report to_addresses(const Context& context, const std::vector<std::string>& addresses,
                    std::optional<pid_t>& queued) {
  const Result<std::string> sender = forward_sender(context.plan, context.settings);
  if (!sender && sender.error().retry == Retry::Later) return bad_setting(sender.error());
  if (!sender) return Report::never("Unable to forward message: " + sender.error().what + '.');
  Environment environment =
      dotqmail::with_variables(context.system.environment, context.plan.variables);
  for (const auto& [name, value] : context.settings.queue_variables) environment[name] = value;
  const Result<pid_t> submitted =
      submit(context.system, environment, {context.plan.lines.delivered_to, *sender, addresses},
             context.message);
  if (submitted) {
    queued = *submitted;
    return {};
  }
  Report report = Report::later("Unable to forward message: " + submitted.error().what + '.');
  if (submitted.error().retry == Retry::Never) report.verdict = Verdict::Never;
  return report;
}

}  // namespace lbx::deliver
