// SPDX-License-Identifier: MIT
// A Maildir into an mbox: `letterbox-convert maildir2mbox`, which leaves the Maildir alone, and
// qmail's maildir2mbox, which moves the messages (CONTRACT 1.18).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "convert/mbox_sink.h"
#include "convert/mbox_tree.h"
#include "core/base/system.h"
#include "core/mbox/lock.h"

namespace lbx::convert {

struct ToMboxOptions {
  std::string maildir;
  std::string mbox;  // a file; with `tree` a directory, made where it is missing
  bool tree{false};  // all folders, each into an mbox of its own
  MboxLayout layout{MboxLayout::Directories};
  MboxSink::Options writing;
};

struct WrittenMbox {
  std::string path;
  std::uint64_t messages{0};
};

struct ToMboxReport {
  std::vector<WrittenMbox> files;
  std::uint64_t messages{0};      // of all
  std::uint64_t lossy{0};         // that the dialect cannot carry as they are
  std::uint64_t vanished{0};      // removed by other programs before they could be read
  std::uint64_t folders_left{0};  // without `tree`
};

/// Who is told of each message, by its path, of which something is lost.
using OnLostMessage = std::function<void(const std::string& path, const MboxLosses& losses)>;

/// After an error the mbox is as it was before; of a tree, each file is as it was or complete.
Result<ToMboxReport> maildir_to_mbox(System& system, LockOps& locks, const ToMboxOptions& options,
                                     Progress& progress, const OnLostMessage& on_loss);

/// qmail's program, by the variables MAILDIR, MAIL and MAILTMP of `system`'s environment: clears
/// tmp/, appends the messages to MAIL, oldest first, by way of MAILTMP, then removes them. Those
/// that could not be removed are counted; they will come again. Every error is Retry::Later.
Result<std::uint64_t> qmail_maildir2mbox(System& system, LockOps& locks);

}  // namespace lbx::convert
