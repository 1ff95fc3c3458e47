// SPDX-License-Identifier: MIT
#include "convert/recognise.h"

#include <algorithm>
#include <array>

#include "core/base/ascii.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/from_line.h"
#include "core/mbox/quoting.h"

namespace lbx::convert {
namespace {

constexpr std::size_t kTarMagicAt = 257;
/// Fields of which a file needs two to be a message, if its name does not say that it is one.
constexpr std::array kMailFields{"Received",     "Return-Path", "From",       "Date",
                                 "Message-ID",   "Subject",     "To",         "Delivered-To",
                                 "MIME-Version", "Sender",      "Cc",         "Reply-To",
                                 "X-Mailer",     "Newsgroups",  "In-Reply-To"};

struct Magic {
  std::string_view octets;
  Recognised what;
};
constexpr std::array kMagics{
    Magic{"\x01\x01\x01\x01\n", {ContentKind::Mailbox}},
    Magic{"\x01\x01\x01\x01\r\n", {ContentKind::Mailbox}},
    Magic{"PK\x03\x04", {ContentKind::Zip}},
    Magic{"PK\x05\x06", {ContentKind::Zip}},  // an empty one
    Magic{"*mbx*", {ContentKind::Unsupported, "a UW mbx mailbox"}},
    Magic{"* mailbox * File format", {ContentKind::Unsupported, "a UW mix mailbox"}},
    Magic{"BABYL OPTIONS", {ContentKind::Unsupported, "a Babyl mailbox (Emacs Rmail)"}},
    Magic{"!BDN", {ContentKind::Unsupported, "an Outlook file (.pst)"}},
    Magic{"\xcf\xad\x12\xfe", {ContentKind::Unsupported, "an Outlook Express folder (.dbx)"}},
};

std::string_view line_of(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view behind_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

/// As the reader of mboxes has it: a From_ line with a date, or of another known form before a
/// header.
bool begins_mbox(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
  if (!head.starts_with(kFromWord)) return false;
  const auto from = parse_from_line(line_of(head));
  if (!from || from->form == FromLine::Form::Prose) return false;
  return from->form == FromLine::Form::Dated || from->form == FromLine::Form::GitMagic ||
         is_field_start(line_of(behind_line(head)));
}

/// Fields of mail in the header that `head` begins with; none where it begins with something else.
std::size_t count_mail_fields(std::string_view head) {
  std::size_t count = 0;
  while (!head.empty()) {
    const std::string_view line = line_of(head);
    if (line.empty()) break;
    const bool folded = ascii::is_blank(line.front());
    if (!folded && !is_field_start(line)) {
      // The file may end within a line.
      return head.find('\n') == std::string_view::npos ? count : 0;
    }
    const std::string_view name = ascii::trim_end(line.substr(0, line.find(':')));
    const bool mail = !folded && std::ranges::any_of(kMailFields, [name](const char* each) {
      return ascii::equal_fold(each, name);
    });
    if (mail) ++count;
    head = behind_line(head);
  }
  return count;
}

bool is_emlx(std::string_view head) {
  const std::string_view length = ascii::trim_end(line_of(head));
  return !length.empty() && std::ranges::all_of(length, ascii::is_digit) &&
         count_mail_fields(behind_line(head)) > 0;
}

}  // namespace

bool ends_with_fold(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() &&
         ascii::equal_fold(text.substr(text.size() - suffix.size()), suffix);
}

bool is_mh_name(std::string_view name) {
  return !name.empty() && name.front() != '0' && std::ranges::all_of(name, ascii::is_digit);
}

std::string_view without_compression(std::string_view name) {
  for (const std::string_view each : {".gz", ".bz2", ".xz", ".zst"}) {
    if (ends_with_fold(name, each)) return name.substr(0, name.size() - each.size());
  }
  return name;
}

Recognised recognise(std::string_view head, std::string_view name) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  if (head.empty()) return {ContentKind::Empty};
  for (const Magic& each : kMagics) {
    if (head.starts_with(each.octets)) return each.what;
  }
  if (head.size() > kTarMagicAt && head.substr(kTarMagicAt).starts_with("ustar")) {
    return {ContentKind::Tar};
  }
  if (begins_mbox(head)) return {ContentKind::Mailbox};
  name = without_compression(name);
  if (ends_with_fold(name, ".emlx") && is_emlx(head)) return {ContentKind::Emlx};
  const std::size_t fields = count_mail_fields(head);
  const bool named = ends_with_fold(name, ".eml") || is_mh_name(name);
  if (fields > 1 || (fields > 0 && named)) return {ContentKind::Message};
  // Perhaps one with text before the first From_ line: its reader will say.
  if (ends_with_fold(name, ".mbox") || ascii::equal_fold(name, "mbox")) {
    return {ContentKind::Mailbox};
  }
  return {ContentKind::Other};
}

}  // namespace lbx::convert
