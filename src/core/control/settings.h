// SPDX-License-Identifier: MIT
// Every setting there is. letterbox-control(5) has the same list, and a test compares the two.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "core/control/setting.h"

namespace lbx::control {

inline constexpr Line kMe{"me", "", "the name of this host: the default of other host names"};

inline constexpr Line kDefaultDelivery{
    "defaultdelivery", "./Maildir/",
    "what happens to mail of a user whose .qmail file is missing or empty"};

// Authentication: letterbox-authd(8).
inline constexpr List kAuthClients{
    "authclients", "users whose programs may ask letterbox-authd, besides its own and root"};

inline constexpr Number kAuthDelay{
    "authdelay", 2, 0, 60, "seconds", "how long a failed login waits; more failures wait longer"};

inline constexpr List kAuthSources{
    "authsources", "where accounts come from: file, pam [SERVICE], checkpassword PROGRAM [ARG...]"};

inline constexpr Number kAuthThreads{
    "auththreads", 4, 2, 64, "threads", "how many logins letterbox-authd works on at once"};

inline constexpr Number kAuthTimeout{
    "authtimeout", 20, 1, 600, "seconds", "how long PAM or another program may take for a login"};

inline constexpr std::array<std::string_view, 3> kPlaintextLoginWords{"tls-or-loopback", "tls",
                                                                      "always"};
inline constexpr Choice kPlaintextLogin{
    "plaintextlogin", kPlaintextLoginWords,
    "where passwords and tokens may be sent as they are: inside TLS, from this machine, always"};

inline constexpr Line kTokenProgram{
    "tokenprogram", "", "the program, with arguments, that says whose an OAuth token is"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
