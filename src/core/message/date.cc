// SPDX-License-Identifier: MIT
#include "core/message/date.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <vector>

#include "core/base/ascii.h"

namespace lbx {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};

struct Zone {
  std::string_view name;
  int hours;
};
constexpr std::array kZones{
    Zone{"UT", 0},   Zone{"GMT", 0},  Zone{"UTC", 0},  Zone{"Z", 0},    Zone{"EST", -5},
    Zone{"EDT", -4}, Zone{"CST", -6}, Zone{"CDT", -5}, Zone{"MST", -7}, Zone{"MDT", -6},
    Zone{"PST", -8}, Zone{"PDT", -7}, Zone{"MET", 1},  Zone{"CET", 1},  Zone{"MEST", 2},
    Zone{"CEST", 2}, Zone{"BST", 1},  Zone{"JST", 9},
};

/// gmtime(3) without its look at /etc/localtime, which costs every delivery seven system calls.
std::tm civil(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_seconds time{std::chrono::seconds{seconds}};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::tm out{};
  out.tm_year = int{date.year()} - 1900;
  out.tm_mon = static_cast<int>(unsigned{date.month()}) - 1;
  out.tm_mday = static_cast<int>(unsigned{date.day()});
  out.tm_wday = static_cast<int>(weekday{day}.c_encoding());
  out.tm_hour = static_cast<int>(clock.hours().count());
  out.tm_min = static_cast<int>(clock.minutes().count());
  out.tm_sec = static_cast<int>(clock.seconds().count());
  return out;
}

std::string two_digits(int value) {
  std::string text = std::to_string(value);
  return text.size() < 2 ? '0' + text : text;
}

std::string clock_text(const std::tm& t) {
  return two_digits(t.tm_hour) + ':' + two_digits(t.tm_min) + ':' + two_digits(t.tm_sec);
}

/// A month or day name may be cut or written out: its first three letters decide.
template <std::size_t N>
std::optional<int> index_of(const std::array<std::string_view, N>& names, std::string_view word) {
  if (word.size() < 3) return std::nullopt;
  const auto found = std::ranges::find_if(names, [word](std::string_view name) {
    return ascii::equal_fold(name, word.substr(0, name.size()));
  });
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

std::optional<int> parse_small(std::string_view text, std::size_t max_digits) {
  if (text.size() > max_digits) return std::nullopt;
  const auto number = ascii::parse_number(text);
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

/// Words between blanks and commas; what stands in parentheses is a comment.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t depth = 0;
  std::size_t start = std::string_view::npos;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    const bool part = depth == 0 && !ascii::is_blank(c) && c != ',' && c != '(' && c != ')';
    if (part && start == std::string_view::npos) start = i;
    if (!part && start != std::string_view::npos) {
      words.push_back(text.substr(start, i - start));
      start = std::string_view::npos;
    }
    if (c == '(') ++depth;
    if (c == ')' && depth > 0) --depth;
  }
  return words;
}

std::optional<int> parse_year(std::string_view word) {
  const auto year = parse_small(word, 4);
  if (!year || word.size() < 2) return std::nullopt;
  if (word.size() == 4) return year;
  if (word.size() == 2 && *year < 50) return *year + 2000;  // RFC 5322 section 4.3
  return *year + 1900;
}

}  // namespace

std::string format_asctime(std::int64_t seconds) {
  const std::tm t = civil(seconds);
  std::string out{kWeekdays.at(static_cast<std::size_t>(t.tm_wday))};
  (out += ' ') += kMonths.at(static_cast<std::size_t>(t.tm_mon));
  return out + ' ' + two_digits(t.tm_mday) + ' ' + clock_text(t) + ' ' +
         std::to_string(t.tm_year + 1900);
}

std::string format_rfc822(std::int64_t seconds) {
  return format_rfc822(seconds, LocalZone{});
}

LocalZone zone_of(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return {};
  return {local.tm_gmtoff, local.tm_zone != nullptr && std::string_view{local.tm_zone} != "UTC"};
}

std::string format_rfc822(std::int64_t seconds, const LocalZone& zone) {
  const std::int64_t minutes = zone.offset / 60;
  const auto east = static_cast<int>(minutes < 0 ? -minutes : minutes);
  const std::tm t = civil(seconds + minutes * 60);
  std::string out = std::to_string(t.tm_mday) + ' ';
  out += kMonths.at(static_cast<std::size_t>(t.tm_mon));
  out += ' ' + std::to_string(t.tm_year + 1900) + ' ' + clock_text(t);
  out += zone.known && minutes >= 0 ? " +" : " -";
  return out + two_digits(east / 60) + two_digits(east % 60);
}

std::string format_compact(std::int64_t seconds) {
  const std::tm t = civil(seconds);
  return std::to_string(t.tm_year + 1900) + two_digits(t.tm_mon + 1) + two_digits(t.tm_mday) +
         two_digits(t.tm_hour) + two_digits(t.tm_min) + two_digits(t.tm_sec);
}

std::optional<int> parse_month(std::string_view word) {
  return index_of(kMonths, word);
}

bool is_weekday(std::string_view word) {
  return index_of(kWeekdays, word).has_value();
}

std::optional<std::int64_t> parse_zone(std::string_view word) {
  if (word.size() == 5 && (word[0] == '+' || word[0] == '-')) {
    const auto hours = parse_small(word.substr(1, 2), 2);
    const auto minutes = parse_small(word.substr(3, 2), 2);
    if (!hours || !minutes || *minutes > 59) return std::nullopt;
    const std::int64_t offset = *hours * 3600 + *minutes * 60;
    return word[0] == '-' ? -offset : offset;
  }
  const auto found = std::ranges::find_if(
      kZones, [word](const Zone& zone) { return ascii::equal_fold(zone.name, word); });
  if (found == kZones.end()) return std::nullopt;
  return found->hours * 3600;
}

std::optional<ClockTime> parse_clock(std::string_view word) {
  const std::vector<std::string_view> parts = ascii::split(word, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto hour = parse_small(parts[0], 2);
  const auto minute = parse_small(parts[1], 2);
  const auto second = parts.size() == 3 ? parse_small(parts[2], 2) : 0;
  if (!hour || !minute || !second) return std::nullopt;
  return ClockTime{*hour, *minute, *second};
}

std::optional<std::int64_t> to_seconds(int year, int month, int day, int hour, int minute,
                                       int second) {
  if (year < 1900 || year > 9999 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  std::tm t{};
  t.tm_year = year - 1900;
  t.tm_mon = month;
  t.tm_mday = day;
  t.tm_hour = hour;
  t.tm_min = minute;
  t.tm_sec = std::min(second, 59);  // a leap second: no clock of ours has it
  const std::int64_t seconds = ::timegm(&t);
  if (t.tm_mday != day || t.tm_mon != month) return std::nullopt;
  return seconds;
}

std::optional<std::int64_t> parse_rfc5322_date(std::string_view text) {
  std::vector<std::string_view> words = words_of(text);
  std::size_t at = 0;
  if (at < words.size() && is_weekday(words[at])) ++at;
  if (words.size() < at + 4) return std::nullopt;

  const auto day = parse_small(words[at], 2);
  const auto month = parse_month(words[at + 1]);
  const auto year = parse_year(words[at + 2]);
  const auto clock = parse_clock(words[at + 3]);
  if (!day || !month || !year || !clock) return std::nullopt;

  const auto local = to_seconds(*year, *month, *day, clock->hour, clock->minute, clock->second);
  if (!local) return std::nullopt;
  // RFC 5322 section 4.3: an unknown zone says nothing, and is taken as UTC.
  const auto zone = words.size() > at + 4 ? parse_zone(words[at + 4]) : std::nullopt;
  return *local - zone.value_or(0);
}

}  // namespace lbx
