// SPDX-License-Identifier: MIT
// What mbox programs note in the header of a message: flags (Status, X-Status, X-Mozilla-Status),
// its length (Content-Length), IMAP numbers. A reader uses and removes it; what only looks like it
// ("Status: fixed" of a bug tracker) is the message's own and stays.
//
// What mbox cannot say at all, our writer says in a field of its own, the first line after the
// From_ line: `X-Letterbox-Mbox: fields=N; end=bare; flags=LETTERS; quoting=none`. Where it stands,
// the reader removes it, the N lines of bookkeeping after it, and the newlines that were added at
// the end (`end=bare`, `end=bare2`); everything else is the message, octet for octet. See mbox(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mbox/quoting.h"
#include "core/message/line_scanner.h"

namespace lbx {

/// Ranges that are removed from one header at most; further bookkeeping fields stay.
inline constexpr std::size_t kMaxCuts = 64;
/// Octets of a bookkeeping field that are looked at.
inline constexpr std::size_t kMaxBookkeepingField = std::size_t{16} * 1024;
/// Keywords of one message that are used.
inline constexpr std::size_t kMaxMessageKeywords = 64;

/// What became of a message so far, in Maildir's letters.
struct MessageState {
  bool fresh{true};     // no program has shown it yet: it belongs into new/
  std::string letters;  // in ASCII order, once each; empty where fresh
  void add(char letter);
  bool operator==(const MessageState&) const = default;
};

struct OctetRange {
  std::uint64_t begin;
  std::uint64_t end;
  bool operator==(const OctetRange&) const = default;
};

/// What IMAP servers note for a whole mailbox, in its first message: X-IMAPbase, or X-IMAP.
struct ImapNumbers {
  std::uint32_t validity;               // UIDVALIDITY
  std::uint32_t last_uid;               // the highest that was ever given out; 0: none
  std::vector<std::string> keywords{};  // all that are in use

  static std::optional<ImapNumbers> parse(std::string_view value);
  bool operator==(const ImapNumbers&) const = default;
};

/// Our own field.
struct WriterNote {
  static constexpr std::string_view kName = "X-Letterbox-Mbox";
  /// Lines of bookkeeping that our writer puts before a message at most.
  static constexpr std::size_t kMaxFields = 6;
  /// Newlines that it adds at most: one ends the last line, one a header that has no body.
  static constexpr std::size_t kMaxAdded = 2;
  std::size_t fields{0};  // lines that follow
  std::size_t added{0};   // newlines at the end
  std::string letters{};  // all flags, where X-Status has no letter for one of them
  FromQuoting quoting{FromQuoting::Nested};  // whatever the dialect is

  static std::optional<WriterNote> parse(std::string_view value);
  /// The field with its newline.
  std::string str() const;
};

/// The lines that say `state`, for other programs and our reader; "" for a fresh message.
std::string status_fields(const MessageState& state);
/// True where status_fields() says all of it.
bool status_fields_suffice(const MessageState& state);

/// True for `Name:`, RFC 5322 section 2.2, with blanks allowed before the colon (section 4.5).
bool is_field_start(std::string_view line);

/// What a header says, in positions relative to the first octet after the From_ line.
struct HeaderScan {
  MessageState state;
  std::uint64_t envelope{0};     // octets in front that are not the message: note, UUCP's lines
  std::vector<OctetRange> cuts;  // in order: bookkeeping, but for Content-Length
  std::optional<std::uint64_t> content_length;
  OctetRange content_length_at{0, 0};
  std::optional<WriterNote> note;
  std::optional<std::int64_t> date;  // of the Date field
  std::string received;              // the date of the first Received field, as it is written
  std::string return_path;           // between the brackets
  std::string subject;
  /// When it was delivered, where no From_ line says so: the newest Received field, else Date.
  std::optional<std::int64_t> delivered() const;
  bool starts_with_field{false};
  bool doubtful{false};       // it has fields that other surroundings would make bookkeeping
  bool has_imap_base{false};  // X-IMAP or X-IMAPbase
  std::optional<ImapNumbers> imap_numbers;
  std::optional<std::uint32_t> uid;   // X-UID
  std::string pop3_id;                // X-UIDL
  std::vector<std::string> keywords;  // X-Keywords, X-Mozilla-Keys, -Status2: IMAP's; once each
  std::string gmail_labels;           // X-Gmail-Labels, unfolded; not among the cuts
  OctetRange gmail_labels_at{0, 0};
  std::uint64_t end{0};  // the first octet of the body
};

class HeaderScanner {
 public:
  HeaderScanner() : lines_{kMaxBookkeepingField} {}
  /// Reads on; false once the header has ended.
  bool feed(std::string_view bytes);
  /// Where the message ends within its header.
  void finish();
  const HeaderScan& result() const { return scan_; }

 private:
  enum class Kind;
  struct Field;
  bool take_line(const ScannedLine& line);
  bool take_envelope(std::string_view text, std::uint64_t begin);
  void start_field(std::string_view text);
  void end_field();
  void use_field(std::string_view value);
  bool use_bookkeeping(std::string_view value);
  bool use_status(std::string_view letters);
  bool use_x_status(std::string_view letters);
  bool use_mozilla_status(std::string_view value);
  bool use_mozilla_status2(std::string_view value);
  bool use_keywords(std::string_view value);
  void add_keyword(std::string_view keyword);
  void use_uncertain();
  void cut(std::uint64_t begin, std::uint64_t end);

  /// X-Keywords and X-UIDL: senders write them too.
  struct Uncertain {
    const Field* field;
    std::string value;
    OctetRange range;
  };

  static const Field* find_field(std::string_view name);

  LineScanner lines_;
  HeaderScan scan_;
  const Field* field_{nullptr};
  std::string value_;
  bool too_long_{false};  // value_ is not all of it
  std::vector<Uncertain> uncertain_;
  bool certain_{false};  // a mail program has noted something in this header
  std::uint64_t field_begin_{0};
  std::uint64_t at_{0};
  bool first_{true};
  bool ended_{false};
  std::size_t noted_fields_{0};  // of the writer's note: still to come
  bool noted_{false};            // field_ is one of them
};

}  // namespace lbx
