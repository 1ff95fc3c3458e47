// SPDX-License-Identifier: MIT
// X-Gmail-Labels, which Google Takeout writes into every message: Gmail's places (Inbox, Sent ...),
// what it knows of a message (Unread, Starred, Important, its categories) and the user's own
// labels, in one list, in the language of the account. See letterbox-convert(1).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lbx {

/// Labels of one message that are used; further ones are not.
inline constexpr std::size_t kMaxGmailLabels = 200;

enum class GmailMeaning {
  Inbox,
  Sent,
  Drafts,
  Trash,
  Spam,
  Chats,
  Archived,
  Starred,
  Important,
  Unread,
  Opened,
  Other,           // of Gmail, and no more than a word: Muted
  CategoryBefore,  // what stands before the name of a category
  CategoryAfter,   // or behind it
};

struct GmailLabelName {
  std::string_view language;  // ISO 639, with a region where it matters
  GmailMeaning meaning;
  std::string_view name;  // UTF-8, composed characters
};
/// The words of Gmail in its languages: gmail_label_names.cc.
std::span<const GmailLabelName> gmail_label_names();

struct GmailLabels {
  /// Where the message is. Gmail may have it in several places; the first of these wins, and the
  /// others become keywords: Trash, Spam, Drafts, Inbox, Sent, Chats; Archived where it is in none.
  GmailMeaning place{GmailMeaning::Archived};
  bool unread{false};
  bool starred{false};
  std::vector<std::string> own;       // the user's, in order; levels are between slashes
  std::vector<std::string> keywords;  // $Important, categories, other places; any UTF-8
  bool operator==(const GmailLabels&) const = default;
};

/// Reads the value of the field, unfolded. Labels are between commas, those that hold one in
/// quotation marks; all or part of it may be in encoded words (RFC 2047). Nothing where no UTF-8
/// comes of it.
std::optional<GmailLabels> parse_gmail_labels(std::string_view value);

}  // namespace lbx
