// SPDX-License-Identifier: MIT
#include "deliver/foresee.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>

#include "core/base/ascii.h"
#include "deliver/quota.h"
#include "deliver/submit.h"
#include "deliver/volume_guard.h"

namespace lbx::deliver {
namespace {

/// Looks at the places that an instruction names.
class Look {
 public:
  Look(System& system, int home, const Plan& plan, const Settings& settings)
      : system_{&system}, files_{&system.files}, home_{home}, plan_{&plan}, settings_{&settings} {}

  Prospect operator()(const dotqmail::ToMaildir& to) const {
    const std::string path = to.path.c_str();
    const Result<struct stat> there = files_->stat_at(home_, path + "/.");
    if (!there && there.error().os_error == ENOENT && may_create(path)) {
      std::optional<Report> refusal = missing_volume(*files_, home_, *settings_);
      if (refusal) return {std::move(refusal), "is not there, and must not be made now"};
      return {{}, "is not there yet: letterbox-deliver makes it, qmail-local does not"};
    }
    if (!there) {
      return {Report::failed("Unable to chdir to maildir. (#4.2.1)", there.error()),
              "cannot be entered: " + reason(there.error())};
    }
    for (const char* each : {"tmp", "new"}) {
      if (is_directory(path + '/' + each)) continue;
      return {Report::later("Temporary error on maildir delivery. (#4.3.0)"),
              std::string{"has no directory "} + each};
    }
    return quota_prospect(path);
  }

  Prospect operator()(const dotqmail::ToMbox& to) const {
    const std::string path = to.path.c_str();
    const Result<struct stat> there = files_->stat_at(home_, path);
    if (there && !S_ISDIR(there->st_mode)) return {};
    if (!there && there.error().os_error == ENOENT && has_parent(path)) {
      return {{}, "is not there yet: it will be made"};
    }
    const std::string why = there ? "Is a directory" : reason(there.error());
    return {Report::later("Unable to open " + path + ": " + why + ". (#4.2.1)"),
            "cannot be opened: " + why};
  }

  Prospect operator()(const dotqmail::ToProgram&) const {
    return {{}, "its exit status decides: 0 goes on, 99 stops here, 100 refuses, 111 waits"};
  }

  Prospect operator()(const dotqmail::ToAddress& to) const {
    const Result<std::string> sender = forward_sender(*plan_, *settings_);
    if (!sender) {
      return {bad_setting(sender.error()), "cannot be sent: " + sender.error().what};
    }
    std::string note = "sent after the last line, if none has failed";
    if (*sender != plan_->new_sender) {
      note += ", with the sender " + *sender;
    } else if (is_foreign(*sender) && is_foreign(to.address)) {
      note +=
          "; it keeps its sender, whose domain is not ours: SPF fails at the target, and DMARC " +
          std::string{"unless a DKIM signature holds (see srsdomain)"};
    }
    return {{}, note};
  }

 private:
  /// As far as the size of the message is known: one octet has to fit in any case.
  Prospect quota_prospect(const std::string& path) const {
    const dotqmail::EnvelopeLines& lines = plan_->lines;
    std::uint64_t octets = lines.return_path.size() + lines.delivered_to.size();
    if (__builtin_add_overflow(octets, settings_->message_octets, &octets)) {
      octets = std::numeric_limits<std::uint64_t>::max();  // a client may announce any size
    }
    const Result<Prospect> seen = look_at_quota(path, octets);
    if (seen) return *seen;
    return {Report::failed("Temporary error on maildir delivery. (#4.3.0)", seen.error()),
            "its quota cannot be looked at: " + reason(seen.error())};
  }
  Result<Prospect> look_at_quota(const std::string& path, std::uint64_t octets) const {
    const UniqueFd maildir = LBX_TRY(files_->open_at(home_, path + "/.", O_PATH | O_DIRECTORY));
    std::optional<MaildirQuota> quota =
        LBX_TRY(find_quota(*system_, *settings_, maildir.get(), path));
    if (!quota || !quota->limit().any()) return Prospect{};
    const bool room = LBX_TRY(quota->has_room(octets));
    std::string note =
        std::to_string(quota->percent()) + "% of its quota, " + quota->limit().str() + ", is used";
    if (room) return Prospect{{}, std::move(note)};
    return Prospect{mailbox_full(*settings_), "has no room: " + note};
  }
  /// What is checked against a domain that is not this one. A bounce has none.
  bool is_foreign(const std::string& address) const {
    const std::size_t at = address.rfind('@');
    return at != std::string::npos && !address.ends_with("@[]") &&
           !ascii::equal_fold(address.substr(at + 1), plan_->request.host);
  }
  bool may_create(const std::string& path) const {
    return settings_->create_maildirs && plan_->source == Source::DefaultDelivery &&
           is_below_home(plan_->request.home, path) && has_parent(without_slashes(path));
  }
  static std::string without_slashes(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
  }
  bool is_directory(const std::string& path) const {
    const Result<struct stat> status = files_->stat_at(home_, path);
    return status && S_ISDIR(status->st_mode);
  }
  bool has_parent(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos || is_directory(path.substr(0, slash + 1));
  }

  System* system_;
  FileOps* files_;
  int home_;
  const Plan* plan_;
  const Settings* settings_;
};

}  // namespace

Prospect foresee(System& system, int home, const Plan& plan,
                 const dotqmail::Instruction& instruction, const Settings& settings) {
  return std::visit(Look{system, home, plan, settings}, instruction);
}

bool is_below_home(std::string_view home, std::string_view path) {
  const bool inside = path.starts_with(home) && path.substr(home.size()).starts_with('/');
  if (path.starts_with('/') && !inside) return false;
  const std::vector<std::string_view> parts = ascii::split(path, '/');
  return std::ranges::find(parts, "..") == parts.end();
}

}  // namespace lbx::deliver
