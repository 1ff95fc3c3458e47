// SPDX-License-Identifier: MIT
#include "core/mbox/gmail_labels.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/utf8.h"
#include "core/message/encoded_word.h"

namespace lbx {
namespace {

constexpr const char* kImportant = "$Important";  // RFC 8457

/// In the order in which they win.
constexpr std::array kPlaces{GmailMeaning::Trash, GmailMeaning::Spam, GmailMeaning::Drafts,
                             GmailMeaning::Inbox, GmailMeaning::Sent, GmailMeaning::Chats};

/// The blanks that French and others put before a colon; ours are plain ones.
constexpr std::array kBlanks{std::string_view{"\u00A0"}, std::string_view{"\u202F"}};

std::string with_plain_blanks(std::string text) {
  for (const std::string_view blank : kBlanks) {
    for (std::size_t at = text.find(blank); at != std::string::npos; at = text.find(blank, at)) {
      text.replace(at, blank.size(), " ");
    }
  }
  return text;
}

/// Takes the next label off `list`.
std::string take_label(std::string_view& list) {
  list = list.substr(std::min(list.find_first_not_of(" \t"), list.size()));
  std::string label;
  if (!list.starts_with('"')) {
    label = ascii::trim(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.find(','), list.size()));
  } else {
    std::size_t at = 1;
    for (; at < list.size(); ++at) {
      if (list[at] == '"' && !list.substr(at + 1).starts_with('"')) break;
      if (list[at] == '"') ++at;  // doubled
      label += list[at];
    }
    list.remove_prefix(std::min(at + 1, list.size()));
    list.remove_prefix(std::min(list.find(','), list.size()));
  }
  if (!list.empty()) list.remove_prefix(1);
  return with_plain_blanks(std::move(label));
}

/// "Category Updates": not one of the user's, whatever the category is.
bool is_category(std::string_view label) {
  return std::ranges::any_of(gmail_label_names(), [label](const GmailLabelName& each) {
    if (label.size() <= each.name.size()) return false;
    if (each.meaning == GmailMeaning::CategoryBefore) {
      return ascii::starts_with_fold(label, each.name);
    }
    return each.meaning == GmailMeaning::CategoryAfter && label.ends_with(each.name);
  });
}

std::optional<GmailMeaning> meaning_of(std::string_view label) {
  if (label.starts_with('\\')) label.remove_prefix(1);  // as Gmail's IMAP writes its own
  for (const GmailLabelName& each : gmail_label_names()) {
    if (each.name.size() == label.size() && ascii::equal_fold(each.name, label)) {
      return each.meaning;
    }
  }
  if (is_category(label)) return GmailMeaning::Other;
  return std::nullopt;
}

/// A place that another one has won over.
std::string keyword_of_place(GmailMeaning place) {
  switch (place) {
    case GmailMeaning::Inbox:
      return "Inbox";
    case GmailMeaning::Sent:
      return "Sent";
    case GmailMeaning::Drafts:
      return "Drafts";
    case GmailMeaning::Spam:
      return "Spam";
    case GmailMeaning::Chats:
      return "Chats";
    default:
      return "";
  }
}

void take_meaning(GmailMeaning meaning, std::string label, std::vector<GmailMeaning>& places,
                  GmailLabels& labels) {
  switch (meaning) {
    case GmailMeaning::Unread:
      labels.unread = true;
      break;
    case GmailMeaning::Starred:
      labels.starred = true;
      break;
    case GmailMeaning::Important:
      labels.keywords.emplace_back(kImportant);
      break;
    case GmailMeaning::Opened:
    case GmailMeaning::Archived:
      break;
    case GmailMeaning::Other:
    case GmailMeaning::CategoryBefore:
    case GmailMeaning::CategoryAfter:
      labels.keywords.push_back(std::move(label));
      break;
    default:
      places.push_back(meaning);
  }
}

void choose_place(const std::vector<GmailMeaning>& places, GmailLabels& labels) {
  bool chosen = false;
  for (const GmailMeaning place : kPlaces) {
    if (std::ranges::find(places, place) == places.end()) continue;
    if (chosen) {
      labels.keywords.push_back(keyword_of_place(place));
    } else {
      labels.place = place;
    }
    chosen = true;
  }
}

}  // namespace

std::optional<GmailLabels> parse_gmail_labels(std::string_view value) {
  const std::string text = decode_encoded_words(value);
  if (!utf8::is_valid(text)) return std::nullopt;
  GmailLabels labels;
  std::vector<GmailMeaning> places;
  std::string_view rest = text;
  for (std::size_t count = 0; count < kMaxGmailLabels && !rest.empty(); ++count) {
    std::string label = take_label(rest);
    if (label.empty()) continue;
    if (const auto meaning = meaning_of(label)) {
      take_meaning(*meaning, std::move(label), places, labels);
    } else {
      labels.own.push_back(std::move(label));
    }
  }
  choose_place(places, labels);
  return labels;
}

}  // namespace lbx
