// SPDX-License-Identifier: MIT
// Every setting there is. letterbox-control(5) has the same list, and a test compares the two.
#pragma once

#include <span>

#include "core/control/setting.h"

namespace lbx::control {

inline constexpr Line kMe{"me", "", "the name of this host: the default of other host names"};

inline constexpr Line kDefaultDelivery{
    "defaultdelivery", "./Maildir/",
    "what happens to mail of a user whose .qmail file is missing or empty"};

inline constexpr Number kPop3Expire{
    "pop3expire",
    0,
    0,
    36500,
    "days",
    "after how long this site deletes mail by itself, as POP3 clients are told; 0: never"};

inline constexpr std::string_view kPop3ImportWords[]{"auto",    "none",   "dovecot",
                                                     "courier", "x-uidl", "md5-name"};
inline constexpr Choice kPop3Import{
    "pop3import", kPop3ImportWords,
    "whose POP3 ids of old messages are taken over at the first login"};

inline constexpr std::string_view kNoYes[]{"no", "yes"};
inline constexpr Choice kPop3Lock{
    "pop3lock", kNoYes, "whether a second POP3 session with one Maildir is refused: [IN-USE]"};

inline constexpr Number kPop3LoginDelay{"pop3logindelay",
                                        0,
                                        0,
                                        86400,
                                        "seconds",
                                        "how long a POP3 client has to wait between two logins"};

inline constexpr Number kPop3ScanThreads{
    "pop3scanthreads",
    2,
    1,
    16,
    "threads",
    "how many threads measure the messages of a Maildir that no session has seen"};

inline constexpr std::string_view kYesNo[]{"yes", "no"};
inline constexpr Choice kPop3Sync{"pop3sync", kYesNo,
                                  "whether removals are on disk before QUIT is answered"};

inline constexpr Choice kPop3TrustNames{
    "pop3trustnames", kYesNo,
    "whether sizes in file names are announced until a message has been sent once"};

inline constexpr Line kPop3UidlFormat{"pop3uidlformat", "%08Xu%08Xv",
                                      "Dovecot's pop3_uidl_format, for pop3import"};

inline constexpr std::string_view kPop3Utf8Words[]{"as-stored", "strict", "off"};
inline constexpr Choice kPop3Utf8{
    "pop3utf8", kPop3Utf8Words,
    "whether POP3 announces UTF8, and refuses raw octets in headers without it"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
