// SPDX-License-Identifier: MIT
// Every setting there is. letterbox-control(5) has the same list, and a test compares the two.
#pragma once

#include <array>
#include <span>

#include "core/control/setting.h"

namespace lbx::control {

inline constexpr Number kAcceptLeast{
    "acceptleast",
    500,
    100,
    1'000'000,
    "messages a second",
    "what the queue takes in at least while much local mail waits"};

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

inline constexpr std::array<std::string_view, 2> kBareLineFeedWords{"reject", "normalize"};
inline constexpr Choice kBareLineFeed{"barelf", kBareLineFeedWords,
                                      "what happens to a message with a CR or LF alone in it"};

inline constexpr Line kBounceCopyTo{
    "bouncecopyto", "", "an address that has a copy of each bounce; empty: nobody has one"};

inline constexpr std::array<std::string_view, 2> kBounceFormatWords{"report", "qsbmf"};
inline constexpr Choice kBounceFormat{
    "bounceformat", kBounceFormatWords,
    "bounces as multipart/report, or as qmail wrote them (which is qmail-start's default)"};

inline constexpr Line kBounceFrom{"bouncefrom", "MAILER-DAEMON",
                                  "what stands before the @ of the address that bounces are from"};

inline constexpr Line kBounceHost{"bouncehost", "bouncehost",
                                  "the host that bounces are from, and that they speak of", true};

inline constexpr Number kBounceMaxBytes{
    "bouncemaxbytes",        1'048'576, 0,
    std::uint64_t{1} << 50U, "octets",  "the largest message that a bounce returns whole; 0: any"};

inline constexpr Number kConcurrencyLocal{"concurrencylocal",
                                          10,
                                          0,
                                          10'000,
                                          "deliveries",
                                          "how many local deliveries the queue has at once"};

inline constexpr Number kConcurrencyRemote{
    "concurrencyremote", 20, 0, 10'000, "deliveries", "how many remote deliveries it has at once"};

inline constexpr Number kDataBytes{"databytes", 0,
                                   0,           std::uint64_t{1} << 50U,
                                   "octets",    "the largest message that is taken; 0: any"};

inline constexpr std::array<std::string_view, 2> kDatesWords{"local", "gmt"};
inline constexpr Choice kDates{"dates", kDatesWords,
                               "the zone of the dates that are written into messages"};

inline constexpr Line kDefaultDelivery{
    "defaultdelivery", "./Maildir/",
    "what happens to mail of a user whose .qmail file is missing or empty"};

inline constexpr Line kDefaultDomain{"defaultdomain", "defaultdomain",
                                     "what completes a host name without a dot", true};

inline constexpr Line kDefaultHost{"defaulthost", "defaulthost",
                                   "the host of an address in a header that has none", true};

inline constexpr Number kDelayWarning{
    "delaywarning", 14'400,    0,
    31'536'000,     "seconds", "after which a sender hears that a message still waits; 0: never"};

inline constexpr Line kDelimiters{"delimiters", "-",
                                  "the characters that separate a user's name from an extension"};

inline constexpr Number kDeliverLinger{
    "deliverlinger", 10, 0, 3600, "seconds", "how long an idle process of a user stays"};

inline constexpr Number kDeliverProcesses{
    "deliverprocesses", 100, 1, 10'000, "processes", "how many users are delivered to at once"};

inline constexpr Number kDeliverThreads{
    "deliverthreads", 16, 1, 256, "threads", "how many deliveries one user has at once"};

inline constexpr Number kDeliverTime{"delivertime",
                                     330,
                                     30,
                                     86'400,
                                     "seconds",
                                     "after which a delivery that goes on "
                                     "is reported as one for later"};

inline constexpr Line kDeliveryHook{
    "deliveryhook", "", "a command that is told of each file that took a message; empty: none"};

inline constexpr Line kDoubleBounceHost{
    "doublebouncehost", "doublebouncehost",
    "the host of the address that bounces go to which cannot be delivered", true};

inline constexpr Line kDoubleBounceTo{
    "doublebounceto", "postmaster",
    "what stands before the @ of that address; empty: they go nowhere"};

inline constexpr Line kEnvNoAtHost{"envnoathost", "envnoathost",
                                   "the domain of an address without one", true};

inline constexpr std::array<std::string_view, 2> kFolderDeliveryWords{"off", "existing"};
inline constexpr Choice kFolderDelivery{
    "folderdelivery", kFolderDeliveryWords,
    "whether mail to user-ext may go to the folder .ext of the Maildir, where there is one"};

inline constexpr Line kIdHost{"idhost", "idhost", "the host of the Message-ID fields we write",
                              true};

inline constexpr List kLmtpCertificates{
    "lmtpcertificates", "names whose TLS certificates let their holders deliver by LMTP"};

inline constexpr std::string_view kNoYes[]{"no", "yes"};
inline constexpr Choice kLmtpDsn{"lmtpdsn", kNoYes,
                                 "whether LMTP announces DSN, and writes notices of success"};

inline constexpr Line kLmtpFrontUser{"lmtpfrontuser", "lbx-smtp",
                                     "the user that talks to LMTP clients, if started by root"};

inline constexpr List kLmtpNetworks{"lmtpnetworks",
                                    "networks whose hosts may deliver by LMTP, besides our own"};

inline constexpr Number kLmtpRecipients{
    "lmtprecipients", 1000, 100, 100'000, "recipients", "how many a message by LMTP may have"};

inline constexpr List kLmtpUsers{
    "lmtpusers",
    "users who may deliver by LMTP and ask for recipients, besides root and ourselves"};

inline constexpr List kLocals{"locals",
                              "the domains whose mail is for the users of this host; else me"};

inline constexpr Line kMaildirQuota{
    "maildirquota", "",
    "the quota of a Maildir that has no maildirsize of its own, as 100MS,5000C"};

inline constexpr std::array<std::string_view, 2> kMaildirSyncWords{"auto", "twice"};
inline constexpr Choice kMaildirSync{
    "maildirsync", kMaildirSyncWords,
    "whether one sync for a message may do where the file system keeps the order of changes"};

inline constexpr Line kMailHomeGuard{
    "mailhomeguard", "",
    "a file that must lie at the root of a volume before a Maildir is made on it"};

inline constexpr Line kMboxLocks{
    "mboxlocks", "dotlock,fcntl",
    "how an mbox is locked: dotlock, fcntl and flock, in this order, with commas"};

inline constexpr Number kMboxLockTimeout{
    "mboxlocktimeout", 30, 1, 3600, "seconds", "how long the locks of an mbox are waited for"};

inline constexpr Line kMe{"me", "", "the name of this host: the default of other host names"};

inline constexpr std::array<std::string_view, 2> kOverQuotaWords{"later", "never"};
inline constexpr Choice kOverQuota{"overquota", kOverQuotaWords,
                                   "what becomes of mail for a mailbox that is full"};

inline constexpr List kPercentHack{"percenthack", "domains for which user%host means user@host"};

inline constexpr std::array<std::string_view, 3> kPlaintextLoginWords{"tls-or-loopback", "tls",
                                                                      "always"};
inline constexpr Choice kPlaintextLogin{
    "plaintextlogin", kPlaintextLoginWords,
    "where passwords and tokens may be sent as they are: inside TLS, from this machine, always"};

inline constexpr Line kPlusDomain{"plusdomain", "plusdomain",
                                  "what replaces the plus sign at the end of a host name", true};

inline constexpr Number kPop3Expire{
    "pop3expire",
    0,
    0,
    36500,
    "days",
    "after how long this site deletes mail by itself, as POP3 clients are told; 0: never"};

inline constexpr Line kPop3FrontUser{"pop3frontuser", "lbx-pop3",
                                     "the user that talks to POP3 clients, if started by root"};

inline constexpr std::string_view kPop3ImportWords[]{"auto",    "none",   "dovecot",
                                                     "courier", "x-uidl", "md5-name"};
inline constexpr Choice kPop3Import{
    "pop3import", kPop3ImportWords,
    "whose POP3 ids of old messages are taken over at the first login"};

inline constexpr Choice kPop3Lock{
    "pop3lock", kNoYes, "whether a second POP3 session with one Maildir is refused: [IN-USE]"};

inline constexpr Number kPop3LoginDelay{"pop3logindelay",
                                        0,
                                        0,
                                        86400,
                                        "seconds",
                                        "how long a POP3 client has to wait between two logins"};

inline constexpr Choice kPop3NeedTls{"pop3needtls", kNoYes,
                                     "whether every POP3 login has to be inside TLS"};

inline constexpr Number kPop3Processes{
    "pop3processes", 1000, 1, 100'000, "processes", "how many Maildirs are open by POP3 at once"};

inline constexpr Number kPop3ScanThreads{
    "pop3scanthreads",
    2,
    1,
    16,
    "threads",
    "how many threads measure the messages of a Maildir that no session has seen"};

inline constexpr Number kPop3Sessions{
    "pop3sessions", 10, 1, 10'000, "sessions", "how many POP3 sessions one account may have"};

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

inline constexpr Number kProgramMemory{
    "programmemory", 1024,        0,
    1'048'576,       "mebibytes", "memory that a process of a .qmail program may have; 0: any"};

inline constexpr Number kProgramOutput{
    "programoutput", 4096,     256,
    1'048'576,       "octets", "octets of a program's output of which the last line is kept"};

inline constexpr Number kProgramProcesses{
    "programprocesses", 1024,        0,
    1'000'000,          "processes", "processes a user may have for a program to start; 0: any"};

inline constexpr Number kProgramTimeout{
    "programtimeout", 3600, 1, 86'400, "seconds", "how long a program of a .qmail file may run"};

inline constexpr List kProxyNetworks{
    "proxynetworks", "networks of proxies, which begin each connection with the PROXY protocol"};

inline constexpr Number kQueueLifetime{"queuelifetime", 604'800,   0,
                                       31'536'000,      "seconds", "how long a message is tried"};

inline constexpr Line kQueueUser{"queueuser", "lbx-queue",
                                 "the user whose the queue is, if started by root"};

inline constexpr Number kQuotaWarning{
    "quotawarning",
    0,
    0,
    100,
    "percent",
    "how full a mailbox is when its user gets a warning; 0: he gets none"};

inline constexpr Text kQuotaWarningText{"quotawarningtext",
                                        "that warning: a message with its header"};

inline constexpr Number kRemoteTime{
    "remotetime", 7200, 60, 86'400, "seconds", "how long qmail-remote may take for one message"};

inline constexpr Line kRemoteUser{"remoteuser", "lbx-remote",
                                  "the user that speaks to other hosts, if started by root"};

inline constexpr Number kRetryLocal{
    "retrylocal", 10, 1, 1000, "steps", "how fast the gaps between local attempts grow"};

inline constexpr Number kRetryRemote{
    "retryremote", 20, 1, 1000, "steps", "how fast the gaps between remote attempts grow"};

inline constexpr Line kSrsDomain{
    "srsdomain", "", "the domain of rewritten senders of what is forwarded; empty: none is"};

inline constexpr Number kSrsMaxAge{
    "srsmaxage", 21, 1, 1000, "days", "how long a bounce to a rewritten sender may take"};

inline constexpr List kSrsSecrets{
    "srssecrets", "what signs rewritten senders: the first line signs, all of them verify"};

inline constexpr Number kTimeoutLmtpd{
    "timeoutlmtpd", 300, 10, 86'400, "seconds", "how long an LMTP client may be silent"};

inline constexpr List kTlsCertificates{
    "tlscertificates", "files with a certificate and those above it, each with that of its key"};

inline constexpr Line kTlsClientCa{"tlsclientca", "",
                                   "a file with the authorities whose certificates let clients in"};

inline constexpr Line kTokenProgram{
    "tokenprogram", "", "the program, with arguments, that says whose an OAuth token is"};

inline constexpr Number kVerdictSeconds{"verdictseconds",
                                        5,
                                        0,
                                        3600,
                                        "seconds",
                                        "how long it is remembered whether there is a recipient"};

inline constexpr List kVirtualDomains{
    "virtualdomains", "domains and addresses, each with the user who has their mail"};

inline constexpr List kXclientNetworks{
    "xclientnetworks", "networks whose hosts may say for whom they speak, by XCLIENT"};

/// All of them, in the order of their names.
std::span<const Setting> all();

}  // namespace lbx::control
