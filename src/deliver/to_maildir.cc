// SPDX-License-Identifier: MIT
// Into a Maildir: Return-Path, Delivered-To and the message as it is (CONTRACT 2.11), if its quota
// has room, and once only where the delivery has a name (DESIGN section 6).
#include <fcntl.h>

#include <cerrno>

#include "core/base/digest.h"
#include "core/base/errno_class.h"
#include "core/base/io.h"
#include "core/control/settings.h"
#include "core/maildir/maildir.h"
#include "core/maildir/writer.h"
#include "deliver/executors.h"
#include "deliver/foresee.h"
#include "deliver/quota.h"
#include "deliver/quota_warning.h"
#include "deliver/volume_guard.h"

namespace lbx::deliver {
namespace {

constexpr const char* kTemporary = "Temporary error on maildir delivery. (#4.3.0)";
constexpr const char* kUnreadable = "Unable to read message. (#4.3.0)";

/// Only the search permission is asked for, as by chdir(2): new/ and tmp/ have their own.
Result<UniqueFd> open_place(const Context& context, const std::string& path) {
  return context.system.files.open_at(context.home, path + "/.", O_PATH | O_DIRECTORY);
}

/// Makes the Maildirs of the default delivery where they are missing; those that a user names
/// himself are his (DESIGN section 6).
Result<UniqueFd> open_or_create(const Context& context, const std::string& path,
                                std::optional<Report>& refusal) {
  Result<UniqueFd> place = open_place(context, path);
  if (place || place.error().os_error != ENOENT || !context.settings.create_maildirs ||
      context.plan.source != Source::DefaultDelivery ||
      !is_below_home(context.plan.request.home, path)) {
    return place;
  }
  refusal = missing_volume(context.system.files, context.home, context.settings);
  if (refusal) return place;
  if (is_folder_place(context.system.files, context.home, path)) {
    LBX_TRY(create_folder(context.system, context.home, path));
  } else {
    LBX_TRY(create_maildir(context.system, context.home, path));
  }
  return open_place(context, path);
}

/// One message on its way into a Maildir that is open.
class Arrival {
 public:
  Arrival(const Context& context, int maildir, std::string path)
      : context_{context}, maildir_{maildir}, path_{std::move(path)} {
    const dotqmail::EnvelopeLines& lines = context.plan.lines;
    head_ = lines.return_path + lines.delivered_to;
  }

  Report run() {
    Report refusal;
    const Result<void> arrived = deliver(refusal);
    if (arrived) return refusal;
    return Report::failed(reading_ ? kUnreadable : kTemporary, arrived.error());
  }

 private:
  /// `refusal` stays as it is where the message has arrived.
  Result<void> deliver(Report& refusal) {
    if (!context_.settings.attempt.empty()) {
      identity_ = identify();
      const bool arrived = LBX_TRY(arrived_before());
      if (arrived) return {};
    }
    std::optional<MaildirQuota> quota =
        LBX_TRY(find_quota(context_.system, context_.settings, maildir_, path_));
    if (!quota) {
      MaildirWriter writer = LBX_TRY(write());
      LBX_TRY(writer.settle());
      const std::string name = LBX_TRY(std::move(writer).publish({}));
      LBX_TRY(settle_name());
      note_place(name);
      return {};
    }
    const bool room = LBX_TRY(has_room(*quota));
    const bool published = room ? LBX_TRY(publish_counted(*quota)) : false;
    if (!published) {
      refusal = mailbox_full(context_.settings);
    }
    return {};
  }

  /// Calls `sink` with the message as it is stored.
  Result<void> each_chunk(const ChunkSink& sink) {
    LBX_TRY(sink(head_));
    reading_ = true;
    LBX_TRY(for_each_chunk(context_.system.files, context_.message, [&](std::string_view bytes) {
      reading_ = false;
      Result<void> taken = sink(bytes);
      if (taken) reading_ = true;
      return taken;
    }));
    reading_ = false;
    return {};
  }

  /// Asked before anything is written, too: a full mailbox should cost little.
  Result<bool> has_room(MaildirQuota& quota) {
    const struct stat status = LBX_TRY(context_.system.files.stat_fd(context_.message));
    const std::uint64_t octets = head_.size() + static_cast<std::uint64_t>(status.st_size);
    if (quota.surely_has_room(octets)) return true;
    const UniqueFd turn = LBX_TRY(quota.take_turn(quota_locker()));
    return quota.settle(octets);
  }

  /// The attempt, which names the message, the line of the script, and whom the message is from and
  /// for where the attempt does not name the recipient too.
  std::uint64_t identify() const {
    Sha256 digest;
    digest.add(context_.settings.attempt + '\0' + std::to_string(context_.line) + '\0' + path_ +
               '\0');
    if (context_.settings.earlier == wire::Earlier::Unknown) digest.add(head_);
    return digest.bits64();
  }

  /// Whether an earlier attempt has left the message; what it may not have synced is synced now.
  Result<bool> arrived_before() {
    FileOps& files = context_.system.files;
    const wire::Earlier earlier = context_.settings.earlier;
    if (earlier == wire::Earlier::None) return false;
    if (earlier == wire::Earlier::Unknown && is_first_attempt(files, maildir_, *identity_)) {
      // Identities are spread evenly: one delivery in sixty-four looks for what is old.
      if (*identity_ % 64 == 0) clear_stale_tmp(files, maildir_, context_.system.clock.now());
      return false;
    }
    const std::optional<std::string> found = LBX_TRY(find_message(files, maildir_, *identity_));
    if (!found) return false;
    LBX_TRY(sync_directory(files, maildir_, found->substr(0, found->find('/'))));
    return true;
  }

  /// The setting is read only where it counts.
  Result<bool> one_sync_does(const MaildirWriter& writer) const {
    const bool ordered = LBX_TRY(writer.keeps_order());
    if (!ordered) return false;
    const std::string_view chosen = LBX_TRY(setting_of(context_.settings, control::kMaildirSync));
    return chosen == "auto";
  }

  Result<MaildirWriter> write() {
    MaildirWriter writer = LBX_TRY(MaildirWriter::open(context_.system, maildir_));
    if (identity_) writer.identify(*identity_);
    if (LBX_TRY(one_sync_does(writer))) writer.choose(Durability::NameSettlesFile);
    LBX_TRY(each_chunk([&writer](std::string_view bytes) { return writer.write(bytes); }));
    return writer;
  }

  /// False: no room after all. The slow part, writing and syncing, is done before our turn.
  Result<bool> publish_counted(MaildirQuota& quota) {
    MaildirWriter writer = LBX_TRY(write());
    LBX_TRY(writer.settle());
    const std::uint64_t octets = writer.octets().stored();
    UniqueFd turn = LBX_TRY(quota.take_turn(quota_locker()));
    const bool added = LBX_TRY(quota.add(octets));
    if (!added) return false;
    const Result<std::string> published = std::move(writer).publish({});
    if (!published) {
      LBX_TRY(quota.take_back(octets));
      return published.error();
    }
    const bool warn = owes_quota_warning(context_.system, context_.settings, maildir_, quota);
    turn.reset();
    LBX_TRY(settle_name());
    note_place(*published);
    if (warn) {
      warn_about_quota(context_.system, context_.plan, context_.settings, maildir_, quota);
    }
    return true;
  }

  Result<void> settle_name() {
    FileOps& files = context_.system.files;
    if (!context_.may_settle_later) return sync_directory(files, maildir_, "new");
    UniqueFd folder = LBX_TRY(files.open_at(maildir_, "new", O_RDONLY | O_DIRECTORY));
    return context_.settings.settle_later(std::move(folder));
  }

  void note_place(const std::string& name) const {
    if (context_.placed != nullptr) context_.placed->push_back(path_ + "new/" + name);
  }

  const Context& context_;
  int maildir_;
  std::string path_;
  std::string head_;
  std::optional<std::uint64_t> identity_;
  bool reading_{false};  // whose failure it was
};

}  // namespace

Report to_maildir(const Context& context, const std::string& path) {
  std::optional<Report> refusal;
  const Result<UniqueFd> maildir = open_or_create(context, path.c_str(), refusal);
  if (refusal) return *refusal;
  if (!maildir) {
    const bool plain = !is_temporary_errno(maildir.error().os_error);
    return Report::failed(plain ? "Unable to chdir to maildir. (#4.2.1)" : kTemporary,
                          maildir.error());
  }
  return Arrival{context, maildir->get(), path.c_str()}.run();
}

}  // namespace lbx::deliver
