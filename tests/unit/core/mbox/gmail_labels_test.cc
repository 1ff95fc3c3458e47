// SPDX-License-Identifier: MIT
#include "core/mbox/gmail_labels.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "core/base/ascii.h"
#include "core/base/base64.h"
#include "core/base/utf8.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

GmailLabels labels(std::string_view value) {
  const auto found = parse_gmail_labels(value);
  EXPECT_TRUE(found) << value;
  return found.value_or(GmailLabels{});
}

TEST(GmailLabelsTest, PlacesFlagsAndTheUsersOwn) {
  const GmailLabels found = labels("Inbox,Important,Starred,Opened,Work/Projects,Category Updates");
  EXPECT_EQ(found.place, GmailMeaning::Inbox);
  EXPECT_FALSE(found.unread);
  EXPECT_TRUE(found.starred);
  EXPECT_THAT(found.own, ElementsAre("Work/Projects"));
  EXPECT_THAT(found.keywords, ElementsAre("$Important", "Category Updates"));
}

TEST(GmailLabelsTest, OnePlaceWinsAndTheOthersBecomeKeywords) {
  EXPECT_EQ(labels("Archived,Opened").place, GmailMeaning::Archived);
  EXPECT_EQ(labels("Work").place, GmailMeaning::Archived);
  EXPECT_EQ(labels("").place, GmailMeaning::Archived);
  const GmailLabels everywhere = labels("Chat,Sent,Inbox,Drafts,Spam,Trash");
  EXPECT_EQ(everywhere.place, GmailMeaning::Trash);
  EXPECT_THAT(everywhere.keywords, ElementsAre("Spam", "Drafts", "Inbox", "Sent", "Chats"));
  EXPECT_EQ(labels("Sent,Inbox").place, GmailMeaning::Inbox) << "a note to oneself";
}

TEST(GmailLabelsTest, EncodedWordsAndQuotationMarks) {
  EXPECT_THAT(labels("=?UTF-8?Q?Archiv=C3=A9s,Cat=C3=A9gorie=C2=A0:_E-mails_?=  "
                     "=?UTF-8?Q?personnels,\"Culture,_associations\",Non_lus?="),
              (GmailLabels{GmailMeaning::Archived,
                           true,
                           false,
                           {"Culture, associations"},
                           {"Catégorie : E-mails personnels"}}));
  EXPECT_THAT(
      labels("=?UTF-8?Q?Posteingang,Wichtig,Ungelesen,Kategorie:_=22Neuigkeiten=22?="),
      (GmailLabels{
          GmailMeaning::Inbox, true, false, {}, {"$Important", "Kategorie: \"Neuigkeiten\""}}));
  EXPECT_THAT(labels("Inbox,=?UTF-8?Q?Kunden/=C3=9Cbung?=,Opened").own,
              ElementsAre("Kunden/Übung"));
  EXPECT_THAT(labels("\"say \"\"hi\"\", you\" , b,\"open").own,
              ElementsAre("say \"hi\", you", "b", "open"));
  EXPECT_THAT(labels("개인정보 카테고리,보관됨,열림,카테고리 청구서").keywords,
              ElementsAre("개인정보 카테고리", "카테고리 청구서"));
  EXPECT_EQ(labels("\\Inbox").place, GmailMeaning::Inbox);
}

TEST(GmailLabelsTest, WhatIsNoUtf8IsNotUsed) {
  EXPECT_FALSE(parse_gmail_labels("a\xff"));
}

TEST(GmailLabelsTest, FurtherLabelsAreNotUsed) {
  std::string many;
  for (std::size_t i = 0; i < kMaxGmailLabels + 5; ++i) many += "l" + std::to_string(i) + ',';
  EXPECT_EQ(labels(many).own.size(), kMaxGmailLabels);
}

TEST(GmailLabelNamesTest, AWordHasOneMeaning) {
  std::set<std::string> known;
  for (const GmailLabelName& each : gmail_label_names()) {
    EXPECT_TRUE(utf8::is_valid(each.name)) << each.name;
    EXPECT_TRUE(known.insert(ascii::to_lower(each.name)).second) << each.name << " comes twice";
  }
}

TEST(GmailLabelNamesTest, EveryLanguageKnowsWhatTellsReadFromUnread) {
  std::map<std::string_view, std::set<GmailMeaning>> languages;
  for (const GmailLabelName& each : gmail_label_names()) {
    languages[each.language].insert(each.meaning);
  }
  EXPECT_GE(languages.size(), 25U);
  for (const auto& [language, meanings] : languages) {
    for (const GmailMeaning needed : {GmailMeaning::Inbox, GmailMeaning::Unread,
                                      GmailMeaning::Opened, GmailMeaning::Archived}) {
      EXPECT_TRUE(meanings.contains(needed)) << language << ' ' << static_cast<int>(needed);
    }
  }
}

TEST(GmailLabelNamesTest, EveryWordIsUnderstoodInTheFormOfAnExport) {
  for (const GmailLabelName& each : gmail_label_names()) {
    std::string name{each.name};
    if (each.meaning == GmailMeaning::CategoryBefore) name += " x";
    if (each.meaning == GmailMeaning::CategoryAfter) name.insert(0, "x");
    const GmailLabels found = labels("=?UTF-8?B?" + base64_encode(name + ",mine") + "?=");
    EXPECT_THAT(found.own, ElementsAre("mine")) << name;
    EXPECT_EQ(found.unread, each.meaning == GmailMeaning::Unread) << name;
    EXPECT_EQ(found.starred, each.meaning == GmailMeaning::Starred) << name;
    if (each.meaning <= GmailMeaning::Archived) {
      EXPECT_EQ(found.place, each.meaning) << name;
    }
  }
}

}  // namespace
}  // namespace lbx
