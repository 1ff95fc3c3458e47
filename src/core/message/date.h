// SPDX-License-Identifier: MIT
// Dates as mail writes them. Everything is in seconds since 1970-01-01 00:00:00 UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lbx {

/// `Www Mon DD HH:MM:SS YYYY` in UTC, the day in two digits: the date of a From_ line as qmail
/// writes it (CONTRACT 0.6).
std::string format_asctime(std::int64_t seconds);

/// `D Mon YYYY HH:MM:SS -0000`: Date and Received (CONTRACT 0.6; RFC 5322 section 3.3 for -0000).
std::string format_rfc822(std::int64_t seconds);

/// A zone of local time as dates write it.
struct LocalZone {
  std::int64_t offset{0};  // seconds east of UTC
  bool known{false};       // false: "-0000", for a host that has no zone but UTC
};

/// This host's zone at that moment: TZ or the system's. UTC itself says nothing about where the
/// host is, which "-0000" is for (RFC 5322 section 3.3).
LocalZone zone_of(std::int64_t seconds);

/// `D Mon YYYY HH:MM:SS +hhmm` in `zone`, whose seconds are cut off.
std::string format_rfc822(std::int64_t seconds, const LocalZone& zone);

/// `YYYYMMDDHHMMSS` in UTC, as Message-ID fields have it.
std::string format_compact(std::int64_t seconds);

/// 0..11 for "Jan".."Dec" in any case.
std::optional<int> parse_month(std::string_view word);
/// True for "Mon".."Sun" in any case.
bool is_weekday(std::string_view word);
/// Seconds east of UTC: "+hhmm", "-hhmm", or one of the names of RFC 5322 section 4.3 and a few
/// that From_ lines hold (MET, CET, CEST, BST, JST).
std::optional<std::int64_t> parse_zone(std::string_view word);

/// "HH:MM" or "HH:MM:SS".
struct ClockTime {
  int hour{0};
  int minute{0};
  int second{0};
};
std::optional<ClockTime> parse_clock(std::string_view word);

/// A civil date in UTC, checked: 30 February is nothing. `month` 0..11.
std::optional<std::int64_t> to_seconds(int year, int month, int day, int hour, int minute,
                                       int second);

/// The value of a Date field: RFC 5322 section 3.3 with the obsolete forms of 4.3 (two-digit years,
/// zone names, no seconds, comments). Nothing where it is not one.
std::optional<std::int64_t> parse_rfc5322_date(std::string_view text);

}  // namespace lbx
