// SPDX-License-Identifier: MIT
// A message that says what became of another one, written piece by piece into a sink; the original
// is read from a descriptor and never held. Two forms: multipart/report (RFC 3464, RFC 6522; RFC
// 6533 where addresses are not ASCII), whose text begins as qmail's did, and that old form itself,
// QSBMF, octet for octet (CONTRACT 1.8).
//
// The multipart form is well-formed whatever addresses, reports and original hold: a stranger's
// text begins no header field and no part, no line is longer than RFC 5322 allows, and what has to
// be returned in another encoding (NUL, lines that are too long) is returned as a header only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/io.h"
#include "core/base/randomness.h"
#include "core/message/date.h"

namespace lbx {

/// Octets of one recipient's report that are shown.
inline constexpr std::size_t kMaxShownReport = std::size_t{16} * 1024;
/// Octets of the original's header where only that is returned; what is longer is cut.
inline constexpr std::size_t kMaxReturnedHeader = std::size_t{64} * 1024;
/// Octets of a value in a field of ours: RFC 5322 section 2.1.1 allows lines of 998.
inline constexpr std::size_t kMaxFieldValue = 900;

enum class ReportForm { Multipart, Qsbmf };

/// Why it is written, which the first paragraph says. What is not a failure never begins as
/// qmail's bounces did: programs that read those take it for one.
enum class ReportKind {
  Failure,       // to the sender
  DoubleBounce,  // a bounce that could not be delivered, to the administrator
  Looping,       // mail that comes round again, to the administrator instead of its sender
  Copy,          // of a bounce, to the administrator
  Delay,         // to the sender
  Success,       // to a sender who asked for it
};

/// RFC 3464 section 2.3.3.
enum class ReportAction { Failed, Delayed, Delivered, Relayed, Expanded };

struct ReportedRecipient {
  std::string address;               // as the sender knows it
  std::string original_recipient{};  // "rfc822;joe@example.org" (RFC 3461, ORCPT); or empty
  ReportAction action{ReportAction::Failed};
  std::string report{};         // what the last attempt said
  std::int64_t last_attempt{};  // 0: there was none
  std::int64_t retry_until{};   // of what is delayed
};

struct DeliveryReport {
  ReportForm form{ReportForm::Multipart};
  ReportKind kind{ReportKind::Failure};
  std::string host;           // who speaks
  std::string reporting_mta;  // this host's own name
  std::string from;           // an address, as an envelope has it
  std::string to;
  std::string sender;          // of the original; empty: it is a bounce itself
  std::string envelope_id{};   // RFC 3461, ENVID; or empty
  std::int64_t arrival{};      // of the original
  std::int64_t date{};         // of the report
  LocalZone zone{};            // for both
  bool original_utf8{false};   // it came as SMTPUTF8 (RFC 6531)
  bool return_original{true};  // all of it; false: its header only
  std::vector<ReportedRecipient> recipients;
};

/// Whether the header of the report is not ASCII, so that it needs SMTPUTF8 on its way.
bool needs_utf8(const DeliveryReport& report);

/// Reads `original` twice, from its first octet on. An error is the sink's or that of reading, or
/// Later where `randomness` gives nothing but boundaries that the original holds.
Result<void> write_report(FileOps& files, Randomness& randomness, const DeliveryReport& report,
                          int original, const ChunkSink& sink);

}  // namespace lbx
