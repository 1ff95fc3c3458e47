// SPDX-License-Identifier: MIT
// A Maildir into an mbox: `letterbox-convert maildir2mbox`, which leaves the Maildir alone, and
// qmail's maildir2mbox, which moves the messages (CONTRACT 1.18).
#pragma once

#include <cstdint>
#include <string>

#include "convert/conversion.h"
#include "convert/mbox_sink.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

struct ToMboxOptions {
  std::string maildir;
  std::string mbox;
  MboxSink::Options writing;
};

struct ToMboxReport {
  std::uint64_t messages{0};
  std::uint64_t vanished{0};  // removed by other programs before they could be read
};

/// After an error the mbox is as it was before.
Result<ToMboxReport> maildir_to_mbox(System& system, LockOps& locks, const ToMboxOptions& options,
                                     Progress& progress);

/// qmail's program, by the variables MAILDIR, MAIL and MAILTMP of `system`'s environment: clears
/// tmp/, appends the messages to MAIL, oldest first, by way of MAILTMP, then removes them. Those
/// that could not be removed are counted; they will come again. Every error is Retry::Later.
Result<std::uint64_t> qmail_maildir2mbox(System& system, LockOps& locks);

}  // namespace lbx::convert
