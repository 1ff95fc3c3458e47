// SPDX-License-Identifier: MIT
// What becomes of Gmail's labels (gmail_labels.h) in a Maildir: folders, flags and keywords.
#pragma once

#include "convert/conversion.h"
#include "core/mbox/gmail_labels.h"

namespace lbx::convert {

enum class LabelUse {
  None,      // X-Gmail-Labels is a field like any other
  Keywords,  // labels and places are keywords, and the message stays in its folder
  Places,    // Gmail's places become folders; the user's labels are keywords
  Folders,   // and what lies in the archive goes into the folder of its first label, if it has one
};

/// Places are the inbox and the folders that Dovecot and mail programs know: Sent, Drafts, Trash,
/// Junk, Archive, and Chats. Unread and starred become flags, everything else keywords.
void apply_labels(const GmailLabels& labels, LabelUse use, Message& message);

}  // namespace lbx::convert
