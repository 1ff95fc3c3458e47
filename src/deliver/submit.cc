// SPDX-License-Identifier: MIT
#include "deliver/submit.h"

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/srs.h"
#include "core/wire/queue_client.h"

namespace lbx::deliver {

Result<std::string> forward_sender(const Plan& plan, const Settings& settings) {
  const std::optional<Srs> srs = LBX_TRY(srs_settings(settings));
  const std::string& sender = plan.new_sender;
  const bool ours = ascii::equal_fold(sender.substr(sender.rfind('@') + 1), plan.request.host);
  if (!srs || ours) return sender;
  return srs_forward(*srs, sender, plan.now);
}

Result<pid_t> submit(System& system, const Environment& environment, const Submission& submission,
                     int message) {
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(system, environment));
  queue.write(submission.delivered_to);
  const Result<void> copied =
      for_each_chunk(system.files, message, [&](std::string_view bytes) -> Result<void> {
        queue.write(bytes);
        return {};
      });
  if (!copied) queue.abandon();

  wire::Envelope envelope{submission.sender, {}};
  // A NUL ends an address in the envelope, so it ends it here.
  for (const std::string& each : submission.recipients) {
    envelope.recipients.emplace_back(each.c_str());
  }
  return std::move(queue).finish(envelope);
}

}  // namespace lbx::deliver
