// SPDX-License-Identifier: MIT
// What a source gave before, for a source that has to be gone through from its beginning again.
#pragma once

#include <string>
#include <vector>

#include "convert/import_record.h"
#include "convert/message_digest.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {

/// A set in which a message is as often as it was imported: each take() takes one.
class KnownMessages {
 public:
  /// Of `source`, all that the record has; without `pending`, only those of finished imports.
  static Result<KnownMessages> load(const ImportRecord& record, const std::string& source,
                                    bool pending);
  bool take(const MessageDigest& digest);
  bool empty() const { return digests_.empty(); }

 private:
  std::vector<MessageDigest> digests_;  // in order
  std::vector<bool> taken_;
};

/// The digest of what `content` gives.
Result<MessageDigest> digest_of(const MessageSource& content, Sha256& sum);

}  // namespace lbx::convert
