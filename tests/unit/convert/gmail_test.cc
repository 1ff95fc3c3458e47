// SPDX-License-Identifier: MIT
#include "convert/gmail.h"

#include <gmock/gmock.h>

namespace lbx::convert {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Message with(std::string_view labels, LabelUse use) {
  Message message{};
  apply_labels(parse_gmail_labels(labels).value(), use, message);
  return message;
}

TEST(GmailTest, PlacesBecomeFolders) {
  const auto folder = [](std::string_view labels) {
    return with(labels, LabelUse::Folders).folder.str();
  };
  EXPECT_EQ(folder("Inbox,Opened"), "INBOX");
  EXPECT_EQ(folder("Gesendet,Geöffnet"), "Sent");
  EXPECT_EQ(folder("Brouillons"), "Drafts");
  EXPECT_EQ(folder("ゴミ箱"), "Trash");
  EXPECT_EQ(folder("Spam"), "Junk");
  EXPECT_EQ(folder("Chat"), "Chats");
  EXPECT_EQ(folder("Archivováno"), "Archive");
}

TEST(GmailTest, WhatIsInTheArchiveGoesIntoTheFolderOfItsFirstLabel) {
  const Message message = with("Archived,Work/Projects,Later,Important", LabelUse::Folders);
  EXPECT_EQ(message.folder.str(), "Work/Projects");
  EXPECT_THAT(message.keywords, ElementsAre("$Important", "Later"));
  const Message inbox = with("Inbox,Work", LabelUse::Folders);
  EXPECT_EQ(inbox.folder.str(), "INBOX");
  EXPECT_THAT(inbox.keywords, ElementsAre("Work"));
  const Message place = with("Work", LabelUse::Places);
  EXPECT_EQ(place.folder.str(), "Archive");
  EXPECT_THAT(place.keywords, ElementsAre("Work"));
}

TEST(GmailTest, AsKeywordsTheyChangeNoFolder) {
  const Message message = with("Sent,Work", LabelUse::Keywords);
  EXPECT_TRUE(message.folder.is_inbox());
  EXPECT_THAT(message.keywords, ElementsAre("Sent", "Work"));
  EXPECT_THAT(with("Sent,Starred", LabelUse::None).keywords, IsEmpty());
}

TEST(GmailTest, ReadIsWhatIsNotUnread) {
  const auto state = [](std::string_view labels) { return with(labels, LabelUse::Folders).state; };
  EXPECT_EQ(state("Inbox,Unread"), (MessageState{true, ""}));
  EXPECT_EQ(state("Inbox,Opened"), (MessageState{false, "S"}));
  EXPECT_EQ(state("Inbox"), (MessageState{false, "S"}));
  EXPECT_EQ(state("Inbox,Unread,Starred"), (MessageState{false, "F"}));
  EXPECT_EQ(state("Drafts"), (MessageState{false, "DS"}));
}

}  // namespace
}  // namespace lbx::convert
