// SPDX-License-Identifier: MIT
// The lists that Courier keeps in a Maildir: courierimapuiddb (IMAP numbers), courierpop3dsizelist
// (POP3 ids) and courierimapkeywords/:list. Text in, entries out, and the other way; nothing here
// touches a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lbx {

inline constexpr const char* kCourierUidFile = "courierimapuiddb";
inline constexpr const char* kCourierPop3File = "courierpop3dsizelist";
inline constexpr const char* kCourierKeywordsDirectory = "courierimapkeywords";
inline constexpr const char* kCourierKeywordsFile = "courierimapkeywords/:list";

/// courierimapuiddb: `1 UIDVALIDITY NEXT`, then `UID NAME` for each message.
class CourierUidReader {
 public:
  /// Nothing where `text`, which must outlive the reader, is no such list.
  static std::optional<CourierUidReader> open(std::string_view text);

  std::uint32_t validity() const { return validity_; }
  std::uint32_t next_uid() const { return next_uid_; }  // as the file says
  struct Entry {
    std::uint32_t uid;
    std::string_view base;
  };
  /// Lines that are no entries are passed over.
  std::optional<Entry> next();

 private:
  explicit CourierUidReader(std::string_view text) : rest_{text} {}
  std::string_view rest_;
  std::uint32_t validity_{0};
  std::uint32_t next_uid_{1};
};

std::string courier_uid_head(std::uint32_t validity, std::uint32_t next);
/// `base` must be one of a message, here and below.
std::string courier_uid_line(std::uint32_t uid, std::string_view base);

/// A POP3 id as Courier gives it: `UIDnumber-validity`, or `UIDnumber` where the latter is 0.
struct CourierPop3Id {
  std::uint32_t number;  // never 0
  std::uint32_t validity;

  static std::optional<CourierPop3Id> parse(std::string_view text);
  std::string str() const;
  bool operator==(const CourierPop3Id&) const = default;
};

/// courierpop3dsizelist, versions 2 and 3: `/3 NEXT VALIDITY`, then `NAME SIZE
/// NUMBER:VALIDITY:FLAG` for each message; version 2 has no flag, which is of UTF-8 headers.
class CourierPop3Reader {
 public:
  static std::optional<CourierPop3Reader> open(std::string_view text);

  std::uint32_t next_number() const { return next_number_; }  // as the file says
  std::uint32_t validity() const { return validity_; }
  struct Entry {
    std::string_view base;
    CourierPop3Id id;
    std::uint64_t octets;  // on the wire
  };
  /// Lines that are no entries, and messages that have no id yet, are passed over.
  std::optional<Entry> next();

 private:
  explicit CourierPop3Reader(std::string_view text) : rest_{text} {}
  std::string_view rest_;
  std::uint32_t next_number_{1};
  std::uint32_t validity_{0};
};

/// Of version 2: what the flag would be is for Courier to say.
std::string courier_pop3_head(std::uint32_t next, std::uint32_t validity);
std::string courier_pop3_line(const CourierPop3Reader::Entry& entry);

/// courierimapkeywords/:list: names, a line each, an empty line, then `BASE:NUMBER NUMBER ...` for
/// each message that has keywords, where 0 is the first name. Called for each of these messages.
void for_each_courier_keywords(
    std::string_view list,
    const std::function<void(std::string_view base, const std::vector<std::string_view>& names)>&
        visit);

std::string courier_keywords_head(const std::vector<std::string>& names);
/// `numbers`: of the names in the head.
std::string courier_keywords_line(std::string_view base, const std::vector<std::size_t>& numbers);

}  // namespace lbx
