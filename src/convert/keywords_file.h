// SPDX-License-Identifier: MIT
// The file dovecot-keywords of a folder (core/maildir/dovecot_keywords.h) that Dovecot may be
// reading. Who writes it holds the lock of the folder's dovecot-uidlist.
#pragma once

#include "core/base/file_ops.h"
#include "core/base/result.h"
#include "core/maildir/dovecot_keywords.h"

namespace lbx::convert {

/// Without any where there is no such file.
Result<DovecotKeywords> read_keywords(FileOps& files, int folder);

/// Durable. Dovecot reads the file again only when its time, in whole seconds, is another: so it is
/// always at least a second later than before.
Result<void> write_keywords(FileOps& files, int folder, const DovecotKeywords& keywords);

}  // namespace lbx::convert
