// SPDX-License-Identifier: MIT
// Messages into an mbox: a new one, which appears only when it is complete and durable, or onto the
// end of an existing one, under locks, which has its old length again after any error.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "convert/conversion.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"
#include "core/mbox/writer.h"

namespace lbx::convert {

/// A message up to this size is read once and kept in memory until it is written.
inline constexpr std::size_t kMaxKeptMessage = std::size_t{1024} * 1024;
/// Octets that wait to be written together.
inline constexpr std::size_t kMboxBuffer = std::size_t{256} * 1024;

class MboxSink final : public Sink {
 public:
  struct Options {
    MboxDialect dialect{MboxDialect::Mboxrd};
    bool append{false};     // else the file must not exist
    bool keep_uids{false};  // as X-UID and X-IMAPbase; for a new file only
    MboxLockPolicy locks;
  };
  /// Is told of each message that the dialect cannot carry as it is, after it was written.
  using OnLoss = std::function<void(const MboxLosses&)>;

  /// `system` must outlive the sink. Onto a file with lengths only such messages are appended, and
  /// onto one without none: readers would no longer believe any. That is an error, Retry::Never.
  static Result<MboxSink> open(System& system, LockOps& locks, const std::string& path,
                               const Options& options);
  MboxSink(MboxSink&&) noexcept = default;
  MboxSink& operator=(MboxSink&&) = delete;
  ~MboxSink() override;  // takes back what finish() has not made durable

  void on_loss(OnLoss on_loss) { on_loss_ = std::move(on_loss); }
  /// Stands in the first message, if `keep_uids`.
  void set_imap_base(ImapNumbers base) { imap_base_ = std::move(base); }
  Result<void> add(const Message& message) override;
  Result<void> finish() override;

 private:
  MboxSink(System& system, std::string path, const Options& options)
      : system_{&system}, path_{std::move(path)}, options_{options} {}
  Result<void> open_new();
  Result<void> open_existing(LockOps& locks);
  Result<void> check_dialect() const;
  Result<MboxLosses> write(const MboxEntry& entry, const MessageSource& content);
  Result<bool> keep(const MessageSource& content);
  Result<void> put(std::string_view bytes);
  Result<void> flush();

  System* system_;
  std::string path_;
  Options options_;
  OnLoss on_loss_;
  std::optional<ImapNumbers> imap_base_;
  std::optional<DotLock> dot_lock_;
  UniqueFd file_;
  std::string temporary_;  // the new file's name until it is complete
  std::optional<std::uint64_t> old_length_;
  std::string kept_;    // the message, if it is small
  std::string buffer_;  // still to be written
};

}  // namespace lbx::convert
