// SPDX-License-Identifier: MIT
#include "core/mbox/from_line.h"

#include <algorithm>
#include <span>
#include <vector>

#include "core/base/ascii.h"
#include "core/mbox/quoting.h"
#include "core/message/date.h"

namespace lbx {
namespace {

using Words = std::span<const std::string_view>;

/// What git format-patch writes as the date of every patch: Mon Sep 17 00:00:00 2001.
constexpr std::int64_t kGitMagicDate = 1'000'684'800;
constexpr std::int64_t kSummerTime = 3600;
constexpr std::size_t kMaxZoneWords = 2;  // "MET DST"

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!(text = ascii::trim(text)).empty()) {
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

std::optional<int> parse_digits(std::string_view word, std::size_t min, std::size_t max) {
  if (word.size() < min || word.size() > max) return std::nullopt;
  const auto number = ascii::parse_number(word);
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

bool is_zone_name(std::string_view word) {
  return word.size() <= 8 && std::ranges::all_of(word, ascii::is_alpha);
}

/// The words around the year: at most two of a zone, on either side. A zone nobody knows is UTC.
std::optional<std::int64_t> zone_of(Words words) {
  if (words.size() > kMaxZoneWords) return std::nullopt;
  std::int64_t offset = 0;
  for (const std::string_view word : words) {
    if (const auto zone = parse_zone(word)) {
      offset += *zone;
    } else if (ascii::equal_fold(word, "DST")) {
      offset += kSummerTime;
    } else if (!is_zone_name(word)) {
      return std::nullopt;
    }
  }
  return offset;
}

/// `Www Mon DD HH:MM[:SS] [ZONE] YYYY [ZONE]`.
std::optional<std::int64_t> parse_asctime(Words words) {
  if (words.size() < 5 || !is_weekday(words[0])) return std::nullopt;
  const auto month = parse_month(words[1]);
  const auto day = parse_digits(words[2], 1, 2);
  const auto clock = parse_clock(words[3]);
  if (!month || !day || !clock) return std::nullopt;

  std::vector<std::string_view> rest(words.begin() + 4, words.end());
  const auto year_word = std::ranges::find_if(
      rest, [](std::string_view word) { return parse_digits(word, 4, 4).has_value(); });
  if (year_word == rest.end()) return std::nullopt;
  const auto year = parse_digits(*year_word, 4, 4);
  rest.erase(year_word);
  const auto zone = zone_of(rest);
  const auto local = to_seconds(*year, *month, *day, clock->hour, clock->minute, clock->second);
  if (!zone || !local) return std::nullopt;
  return *local - *zone;
}

/// `Www, DD Mon YYYY HH:MM:SS ZONE`.
std::optional<std::int64_t> parse_rfc822(Words words) {
  if (words.size() < 5 || words.size() > 6 || !words[0].ends_with(',')) return std::nullopt;
  if (!is_weekday(words[0].substr(0, words[0].size() - 1))) return std::nullopt;
  const char* begin = words.front().data();
  const char* end = words.back().data() + words.back().size();
  return parse_rfc5322_date({begin, static_cast<std::size_t>(end - begin)});
}

/// "Z", "+hh:mm", "+hhmm", or nothing.
std::optional<std::int64_t> parse_iso_zone(std::string_view text) {
  if (text.empty()) return 0;
  std::string word{text};
  std::erase(word, ':');
  return parse_zone(word);
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction][ZONE]`, the T perhaps a blank.
std::optional<std::int64_t> parse_iso(Words words) {
  std::string text;
  for (const std::string_view word : words) (text.empty() ? text : text += 'T') += word;
  if (words.size() > 2 || text.size() < 19) return std::nullopt;
  const std::string_view date = text;
  if (date[4] != '-' || date[7] != '-' || date[10] != 'T') return std::nullopt;
  const auto year = parse_digits(date.substr(0, 4), 4, 4);
  const auto month = parse_digits(date.substr(5, 2), 2, 2);
  const auto day = parse_digits(date.substr(8, 2), 2, 2);
  const auto clock = parse_clock(date.substr(11, 8));
  std::string_view zone_word = date.substr(19);
  if (zone_word.starts_with('.')) {
    zone_word.remove_prefix(
        std::min(zone_word.find_first_not_of("0123456789", 1), zone_word.size()));
  }
  const auto zone = parse_iso_zone(zone_word);
  if (!year || !month || *month < 1 || !day || !clock || !zone) return std::nullopt;
  const auto local = to_seconds(*year, *month - 1, *day, clock->hour, clock->minute, clock->second);
  if (!local) return std::nullopt;
  return *local - *zone;
}

std::optional<std::int64_t> parse_date(Words words) {
  if (const auto date = parse_asctime(words)) return date;
  if (const auto date = parse_rfc822(words)) return date;
  return parse_iso(words);
}

/// UUCP: "... remote from HOST" after the date.
Words without_remote(Words words) {
  const std::size_t n = words.size();
  const bool remote = n >= 3 && words[n - 3] == "remote" && words[n - 2] == "from";
  return remote ? words.first(n - 3) : words;
}

std::string clean_sender(std::string_view sender) {
  sender = ascii::trim(sender);
  if (sender.size() >= 2 && sender.front() == '<' && sender.back() == '>') {
    sender = sender.substr(1, sender.size() - 2);
  }
  return sender == "-" ? std::string{} : std::string{sender};
}

FromLine dateless(Words words) {
  if (words.empty()) return {FromLine::Form::Bare, "", std::nullopt};
  if (words.size() > 1) return {FromLine::Form::Prose, "", std::nullopt};
  const bool dash = words[0] == "-";
  return {dash ? FromLine::Form::Dash : FromLine::Form::SenderOnly, clean_sender(words[0]),
          std::nullopt};
}

}  // namespace

std::optional<FromLine> parse_from_line(std::string_view line) {
  if (!line.starts_with(kFromWord) || line.size() > kMaxFromLine) return std::nullopt;
  const std::string_view text = line.substr(kFromWord.size());
  const std::vector<std::string_view> all = words_of(text);
  const Words words = without_remote(all);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto date = parse_date(words.subspan(at));
    if (!date) continue;
    const auto before = static_cast<std::size_t>(words[at].data() - text.data());
    const bool magic = *date == kGitMagicDate;
    return FromLine{magic ? FromLine::Form::GitMagic : FromLine::Form::Dated,
                    clean_sender(text.substr(0, before)), *date};
  }
  return dateless(all);
}

std::string format_from_line(std::string_view sender, std::int64_t seconds) {
  std::string line{kFromWord};
  if (sender.empty()) sender = "MAILER-DAEMON";
  for (const char c : sender) line += ascii::is_blank(c) || c == '\n' ? '-' : c;
  return line + ' ' + format_asctime(seconds) + '\n';
}

}  // namespace lbx
