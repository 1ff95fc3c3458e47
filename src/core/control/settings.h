// SPDX-License-Identifier: MIT
// Every setting there is. letterbox-control(5) has the same list, and a test compares the two.
#pragma once

#include <array>
#include <span>

#include "core/control/setting.h"

namespace lbx::control {

inline constexpr Line kDefaultDelivery{
    "defaultdelivery", "./Maildir/",
    "what happens to mail of a user whose .qmail file is missing or empty"};

inline constexpr Line kDelimiters{"delimiters", "-",
                                  "the characters that separate a user's name from an extension"};

inline constexpr Line kEnvNoAtHost{"envnoathost", "envnoathost",
                                   "the domain of an address without one", true};

inline constexpr std::array<std::string_view, 2> kFolderDeliveryWords{"off", "existing"};
inline constexpr Choice kFolderDelivery{
    "folderdelivery", kFolderDeliveryWords,
    "whether mail to user-ext may go to the folder .ext of the Maildir, where there is one"};

inline constexpr List kLocals{"locals",
                              "the domains whose mail is for the users of this host; else me"};

inline constexpr Line kMaildirQuota{
    "maildirquota", "",
    "the quota of a Maildir that has no maildirsize of its own, as 100MS,5000C"};

inline constexpr Line kMailHomeGuard{
    "mailhomeguard", "",
    "a file that must lie at the root of a volume before a Maildir is made on it"};

inline constexpr Line kMe{"me", "", "the name of this host: the default of other host names"};

inline constexpr std::array<std::string_view, 2> kOverQuotaWords{"later", "never"};
inline constexpr Choice kOverQuota{"overquota", kOverQuotaWords,
                                   "what becomes of mail for a mailbox that is full"};

inline constexpr List kPercentHack{"percenthack", "domains for which user%host means user@host"};

inline constexpr Number kQuotaWarning{
    "quotawarning",
    0,
    0,
    100,
    "percent",
    "how full a mailbox is when its user gets a warning; 0: he gets none"};

inline constexpr Text kQuotaWarningText{"quotawarningtext",
                                        "that warning: a message with its header"};

inline constexpr List kVirtualDomains{
    "virtualdomains", "domains and addresses, each with the user who has their mail"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
