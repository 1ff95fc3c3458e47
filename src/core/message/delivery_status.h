// SPDX-License-Identifier: MIT
// The machine's part of a report: the groups of fields of message/delivery-status (RFC 3464 section
// 2), or of message/global-delivery-status (RFC 6533 section 3) where an address is not ASCII.
#pragma once

#include <string>
#include <string_view>

#include "core/message/delivery_report.h"

namespace lbx {

/// What a field of ours may hold beyond ASCII.
enum class FieldText { Ascii, Utf8 };

/// "NAME: VALUE" and a line end, whatever `value` holds: one line, of bounded length.
std::string header_field(std::string_view name, std::string_view value, FieldText text);

/// An address of an envelope as a header has it: quoted where it needs that, without control
/// characters, UTF-8 or ASCII.
std::string address_text(std::string_view address);

/// Whether it is UTF-8, and not ASCII.
bool is_international(std::string_view text);

/// Whether the status of these recipients needs RFC 6533.
bool has_global_status(const DeliveryReport& report);

/// The fields about the message; then, each time behind an empty line, those about a recipient.
std::string message_status(const DeliveryReport& report);
std::string recipient_status(const DeliveryReport& report, const ReportedRecipient& recipient);

}  // namespace lbx
