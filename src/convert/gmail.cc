// SPDX-License-Identifier: MIT
#include "convert/gmail.h"

#include <algorithm>

namespace lbx::convert {
namespace {

FolderName folder_of(GmailMeaning place) {
  switch (place) {
    case GmailMeaning::Inbox:
      return {};
    case GmailMeaning::Sent:
      return FolderName::of_path("Sent");
    case GmailMeaning::Drafts:
      return FolderName::of_path("Drafts");
    case GmailMeaning::Trash:
      return FolderName::of_path("Trash");
    case GmailMeaning::Spam:
      return FolderName::of_path("Junk");
    case GmailMeaning::Chats:
      return FolderName::of_path("Chats");
    default:
      return FolderName::of_path("Archive");
  }
}

}  // namespace

void apply_labels(const GmailLabels& labels, LabelUse use, Message& message) {
  if (use == LabelUse::None) return;
  auto own = labels.own.begin();
  const FolderName place = folder_of(labels.place);
  if (use != LabelUse::Keywords) {
    message.folder = place;
  } else if (!place.is_inbox()) {
    message.keywords.push_back(place.str());
  }
  if (use == LabelUse::Folders && labels.place == GmailMeaning::Archived &&
      own != labels.own.end()) {
    message.folder = FolderName::of_path(*own++);
  }
  message.keywords.insert(message.keywords.end(), labels.keywords.begin(), labels.keywords.end());
  message.keywords.insert(message.keywords.end(), own, labels.own.end());
  // Read, unless Gmail says otherwise; that it was never shown, Gmail does not say.
  if (!labels.unread) message.state.add('S');
  if (labels.starred) message.state.add('F');
  if (labels.place == GmailMeaning::Drafts) message.state.add('D');
}

}  // namespace lbx::convert
