// SPDX-License-Identifier: MIT
// Messages into an mbox: a new one, which appears only when it is complete and durable, or onto the
// end of an existing one, under locks, which has its old length again after any error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "convert/conversion.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"
#include "core/mbox/writer.h"

namespace lbx::convert {

class MboxSink final : public Sink {
 public:
  struct Options {
    MboxDialect dialect{MboxDialect::Mboxrd};
    bool append{false};  // else the file must not exist
    MboxLockPolicy locks;
  };

  /// `system` must outlive the sink.
  static Result<MboxSink> open(System& system, LockOps& locks, const std::string& path,
                               const Options& options);
  MboxSink(MboxSink&&) noexcept = default;
  MboxSink& operator=(MboxSink&&) = delete;
  ~MboxSink() override;  // takes back what finish() has not made durable

  Result<void> add(const Message& message) override;
  Result<void> finish() override;

 private:
  MboxSink(System& system, std::string path, MboxDialect dialect)
      : system_{&system}, path_{std::move(path)}, dialect_{dialect} {}
  Result<void> open_new();
  Result<void> open_existing(LockOps& locks, const MboxLockPolicy& policy);

  System* system_;
  std::string path_;
  MboxDialect dialect_;
  std::optional<DotLock> dot_lock_;
  UniqueFd file_;
  std::string temporary_;  // the new file's name until it is complete
  std::optional<std::uint64_t> old_length_;
};

}  // namespace lbx::convert
