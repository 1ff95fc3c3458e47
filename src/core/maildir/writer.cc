// SPDX-License-Identifier: MIT
#include "core/maildir/writer.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/base/io.h"

namespace lbx {
namespace {

/// A name that exists already is met with another random part, this often. Two in a row would be
/// a broken source of randomness, or somebody who guesses 64 bits.
constexpr int kMaxNameAttempts = 8;
constexpr mode_t kMessageMode = 0600;

UniqueName::Seed new_seed(System& system) {
  return {system.clock.now(), system.pid, system.randomness.bits64(), system.host_name};
}

/// What a file system says that has no such call, or not for this kind of file.
bool is_unsupported(int code) {
  static constexpr std::array kCodes{EOPNOTSUPP, ENOSYS, EINVAL, EISDIR, EPERM, EXDEV, EMLINK};
  return std::ranges::find(kCodes, code) != kCodes.end();
}

/// spec/scale.md section 4: FUSE has no hard links worth relying on; NFS loses answers, so its
/// link count is asked; all others say by errno what they cannot do.
Publish best_for(FileSystemKind kind) {
  switch (kind) {
    case FileSystemKind::Fuse:
      return Publish::Rename;
    case FileSystemKind::Nfs:
      return Publish::LinkUnlink;
    case FileSystemKind::Local:
      return Publish::LinkUnnamed;
  }
  return Publish::Rename;
}

std::string target_path(const MaildirPlace& place, const UniqueName& name) {
  if (place.folder == MaildirPlace::Folder::New) return "new/" + name.str();
  return "cur/" + name.str() + ":2," + place.flags.str();
}

}  // namespace

MaildirWriter::MaildirWriter(System& system, int maildir, Publish publish, UniqueName::Seed seed)
    : system_{&system}, maildir_{maildir}, publish_{publish}, seed_{std::move(seed)} {}

MaildirWriter::MaildirWriter(MaildirWriter&& other) noexcept
    : system_{other.system_},
      maildir_{other.maildir_},
      publish_{other.publish_},
      durability_{other.durability_},
      seed_{std::move(other.seed_)},
      identity_{other.identity_},
      file_{std::move(other.file_)},
      buffer_{std::move(other.buffer_)},
      octets_{other.octets_},
      tmp_{std::exchange(other.tmp_, {})} {}

MaildirWriter::~MaildirWriter() {
  remove_tmp();
}

void MaildirWriter::remove_tmp() {
  if (!tmp_.empty()) static_cast<void>(system_->files.unlink_at(maildir_, tmp_));
  tmp_.clear();
}

void MaildirWriter::renew_seed() {
  seed_ = new_seed(*system_);
  seed_.random = identity_.value_or(seed_.random);
}

void MaildirWriter::identify(std::uint64_t identity) {
  identity_ = identity;
  seed_.random = identity;
}

Result<MaildirWriter> MaildirWriter::open(System& system, int maildir) {
  return open(system, maildir, best_for(LBX_TRY(system.files.file_system(maildir))));
}

Result<MaildirWriter> MaildirWriter::open(System& system, int maildir, Publish publish) {
  MaildirWriter writer{system, maildir, publish, new_seed(system)};
  LBX_TRY(writer.create());
  return writer;
}

Result<void> MaildirWriter::create() {
  if (publish_ == Publish::LinkUnnamed) {
    Result<UniqueFd> unnamed =
        system_->files.open_at(maildir_, "tmp", O_TMPFILE | O_WRONLY, kMessageMode);
    if (unnamed) {
      file_ = std::move(unnamed).value();
      return {};
    }
    if (!is_unsupported(unnamed.error().os_error)) return unnamed.error();
    publish_ = Publish::RenameNoReplace;
  }
  return create_named();
}

Result<void> MaildirWriter::create_named() {
  for (int attempt = 1;; ++attempt) {
    const std::string path = "tmp/" + UniqueName::make_temporary(seed_).str();
    Result<UniqueFd> created =
        system_->files.open_at(maildir_, path, O_WRONLY | O_CREAT | O_EXCL, kMessageMode);
    if (created) {
      file_ = std::move(created).value();
      tmp_ = path;
      return {};
    }
    if (created.error().os_error != EEXIST || attempt == kMaxNameAttempts) return created.error();
    renew_seed();
  }
}

Result<void> MaildirWriter::write(std::string_view bytes) {
  octets_.add(bytes);
  if (buffer_.size() + bytes.size() <= kIoChunk) {
    buffer_ += bytes;
    return {};
  }
  LBX_TRY(flush());
  return write_all(system_->files, file_.get(), bytes);
}

Result<void> MaildirWriter::set_modified(Instant time) {
  LBX_TRY(flush());  // a later write would set it to now again
  return system_->files.set_modified(file_.get(), time);
}

Result<void> MaildirWriter::flush() {
  const std::string pending = std::exchange(buffer_, {});
  return write_all(system_->files, file_.get(), pending);
}

Result<void> MaildirWriter::settle() {
  LBX_TRY(flush());
  FileOps& files = system_->files;
  if (durability_ == Durability::NameSettlesFile) return files.write_back(file_.get());
  return files.sync(file_.get());
}

Result<std::string> MaildirWriter::publish(const MaildirPlace& place) && {
  LBX_TRY(flush());
  // An unnamed file lives by its descriptor; a named one is closed first, as close(2) may report
  // what write(2) could not.
  if (!tmp_.empty()) LBX_TRY(system_->files.close(std::move(file_)));

  for (int attempt = 1;; ++attempt) {
    const UniqueName name = UniqueName::make(seed_, octets_.stored(), octets_.on_wire());
    const std::string target = target_path(place, name);
    const Result<void> named = give_name(target);
    if (named) return target.substr(target.find('/') + 1);
    if (named.error().os_error != EEXIST || attempt == kMaxNameAttempts) return named.error();
    renew_seed();
  }
}

Result<void> MaildirWriter::give_name(const std::string& target) {
  FileOps& files = system_->files;
  if (publish_ == Publish::LinkUnnamed) return files.link_fd(file_.get(), maildir_, target);

  if (publish_ == Publish::RenameNoReplace) {
    Result<void> renamed = files.rename_new(maildir_, tmp_, maildir_, target);
    if (renamed) tmp_.clear();
    if (renamed || !is_unsupported(renamed.error().os_error)) return renamed;
    publish_ = Publish::LinkUnlink;
  }
  if (publish_ == Publish::LinkUnlink) {
    Result<void> linked = link_checked(target);
    if (linked) remove_tmp();
    if (linked || !is_unsupported(linked.error().os_error)) return linked;
    publish_ = Publish::Rename;
  }
  return rename_checked(target);
}

/// rename(2) would replace a message. That nobody takes the name between the look and the rename
/// is left to the 64 random bits in it.
Result<void> MaildirWriter::rename_checked(const std::string& target) {
  FileOps& files = system_->files;
  if (files.stat_at(maildir_, target, AT_SYMLINK_NOFOLLOW)) {
    return Error::from_errno(EEXIST, "rename " + target);
  }
  LBX_TRY(files.rename_at(maildir_, tmp_, maildir_, target));
  tmp_.clear();
  return {};
}

/// An NFS server may have linked although its answer was lost: then the file has two names.
Result<void> MaildirWriter::link_checked(const std::string& target) {
  Result<void> linked = system_->files.link_at(maildir_, tmp_, maildir_, target);
  if (linked) return linked;
  const Result<struct stat> status = system_->files.stat_at(maildir_, tmp_);
  if (status && status->st_nlink == 2) return {};
  return linked;
}

Result<std::string> MaildirWriter::commit() && {
  LBX_TRY(settle());
  FileOps& files = system_->files;
  const int maildir = maildir_;
  std::string name = LBX_TRY(std::move(*this).publish({}));
  LBX_TRY(sync_directory(files, maildir, "new"));
  return name;
}

}  // namespace lbx
