// SPDX-License-Identifier: MIT
#include "deliver/quota_warning.h"

#include <fcntl.h>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/maildir/writer.h"
#include "core/message/date.h"
#include "deliver/quota.h"

namespace lbx::deliver {
namespace {

constexpr const char* kMark = "quotawarn";
constexpr mode_t kMarkMode = 0600;

/// What follows "Delivered-To: ", where no octet of a sender's can begin a line.
std::string recipient_of(const Plan& plan) {
  const std::string& line = plan.lines.delivered_to;
  return std::string{ascii::trim(
      std::string_view{line}.substr(line.find(':') + 1, line.size() - line.find(':') - 2))};
}

std::string built_in_text(const Plan& plan, const MaildirQuota& quota) {
  const std::string to = recipient_of(plan);
  const std::string host = to.substr(to.rfind('@') + 1);
  return "From: Mail system <MAILER-DAEMON@" + host + ">\nTo: " + to +
         "\nSubject: Your mailbox is nearly full\n"
         "Auto-Submitted: auto-generated\n"
         "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n"
         "Your mailbox is " +
         std::to_string(quota.percent()) + "% full: " + std::to_string(quota.usage().messages) +
         " messages with " + std::to_string(quota.usage().octets) + " octets; its limit is " +
         quota.limit().str() +
         ".\nPlease delete what you do not need. When it is full, mail for you cannot be "
         "delivered.\n";
}

Result<std::string> warning(System& system, const Plan& plan, const Settings& settings,
                            const MaildirQuota& quota) {
  const std::optional<std::string> own = LBX_TRY(setting_of(settings, control::kQuotaWarningText));
  const Instant now = system.clock.now();
  const std::string id = std::to_string(now.seconds) + '.' + std::to_string(system.pid) + '.' +
                         ascii::to_hex(system.randomness.bits64(), 16);
  return "Return-Path: <>\nDate: " + format_rfc822(now.seconds) + "\nMessage-ID: <" + id +
         "@quota.letterbox>\n" + own.value_or(built_in_text(plan, quota));
}

/// Into new/ of the Maildir itself, counted like any message, also where it has no room.
Result<void> deliver_warning(System& system, int maildir, MaildirQuota& quota,
                             const std::string& text) {
  const std::string top = quota.prefix().empty() ? "." : quota.prefix();
  const UniqueFd place = LBX_TRY(system.files.open_at(maildir, top, O_PATH | O_DIRECTORY));
  MaildirWriter writer = LBX_TRY(MaildirWriter::open(system, place.get()));
  LBX_TRY(writer.write(text));
  LBX_TRY(writer.settle());
  const UniqueFd turn = LBX_TRY(quota.take_turn(quota_locker()));
  LBX_TRY(quota.add(text.size(), MaildirQuota::Room::NotAsked));
  const Result<std::string> published = std::move(writer).publish({});
  if (!published) {
    LBX_TRY(quota.take_back(text.size()));
    return published.error();
  }
  return sync_directory(system.files, place.get(), "new");
}

}  // namespace

bool owes_quota_warning(System& system, const Settings& settings, int maildir,
                        const MaildirQuota& quota) {
  const Result<std::uint64_t> percent = setting_of(settings, control::kQuotaWarning);
  if (!percent || *percent == 0 || !quota.limit().any()) return false;
  const std::string mark = quota.prefix() + kMark;
  if (quota.percent() < *percent) {
    static_cast<void>(system.files.unlink_at(maildir, mark));
    return false;
  }
  return system.files.open_at(maildir, mark, O_WRONLY | O_CREAT | O_EXCL, kMarkMode).has_value();
}

void warn_about_quota(System& system, const Plan& plan, const Settings& settings, int maildir,
                      MaildirQuota& quota) {
  const Result<std::string> text = warning(system, plan, settings, quota);
  if (text && deliver_warning(system, maildir, quota, *text)) return;
  static_cast<void>(system.files.unlink_at(maildir, quota.prefix() + kMark));
}

}  // namespace lbx::deliver
