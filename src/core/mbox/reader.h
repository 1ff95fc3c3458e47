// SPDX-License-Identifier: MIT
// The messages of an mbox, in order: each is located first, then read, chunk by chunk. Memory does
// not depend on the size of the file or of a message. What is given is the message as it was before
// it went into the mbox: without the From_ line, the quoting, the bookkeeping of mail programs
// (which comes as MessageState) and the empty line that belongs to the format. See mbox(5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/io.h"
#include "core/base/result.h"
#include "core/mbox/bookkeeping.h"
#include "core/mbox/border.h"
#include "core/mbox/dialect.h"
#include "core/mbox/file_window.h"
#include "core/mbox/gmail_labels.h"
#include "core/mbox/quoting.h"

namespace lbx {

struct MboxReadOptions {
  /// Nothing: mboxcl or mboxcl2 where every message has a Content-Length that leads exactly to the
  /// next one or the end, else mboxrd.
  std::optional<MboxDialect> dialect;
  bool keep_status{false};  // bookkeeping fields stay in the message; they are used all the same
  BorderRules borders;
  bool gmail_labels{false};  // X-Gmail-Labels is a bookkeeping field too
};

struct MboxMessage {
  FromLine from;
  std::optional<std::int64_t>
      date;  // of the From_ line, else of the newest Received, else of the Date field
  MessageState state;
  std::uint64_t offset;  // of the From_ line, or of MMDF's line before it

  // What IMAP and POP3 servers knew it by, and Gmail: see HeaderScan.
  std::optional<std::uint32_t> uid;
  std::string pop3_id;
  std::vector<std::string> keywords;
  std::optional<GmailLabels> gmail_labels;  // where they were asked for

  // How to read it.
  OctetRange content;  // after the From_ line
  std::vector<OctetRange> cuts;
  FromQuoting quoting;
  bool crlf;
};

class MboxReader {
 public:
  /// Looks at the seekable file `fd`, which has `size` octets. What is not an mbox is an error,
  /// Retry::Never, that says what it is instead. `files` and `fd` must outlive the reader.
  static Result<MboxReader> open(FileOps& files, int fd, std::uint64_t size,
                                 const MboxReadOptions& options);

  MboxDialect dialect() const { return dialect_; }
  /// True once something has shown that the dialect is the right one, or the caller named it.
  bool dialect_certain() const { return certain_; }
  const MboxWarnings& warnings() const { return warnings_; }
  /// The pseudo message of UW tools, which is none.
  std::uint64_t pseudo_messages() const { return pseudo_messages_; }
  /// The IMAP numbers of the mailbox, from its first message.
  const std::optional<ImapNumbers>& imap_numbers() const { return imap_numbers_; }
  /// Octets of the file that lie behind; for a progress display.
  std::uint64_t position() const { return next_ ? next_->offset : window_->size(); }
  /// Lines that lost a '>' in what was read so far.
  std::uint64_t unquoted_lines() const { return unquoted_lines_; }

  /// The next message; nothing at the end.
  Result<std::optional<MboxMessage>> next();
  /// Where the first message begins; the size of the file where there is none.
  std::uint64_t begin() const { return begin_; }
  /// Goes on at `offset`, a position() of this or an earlier reader, in the file that now has
  /// `size` octets. False where no message begins there; the reader is at the end then.
  Result<bool> go_to(std::uint64_t offset, std::uint64_t size);
  /// Gives the octets of a message that next() returned, as often as one likes.
  Result<void> read(const MboxMessage& message, const ChunkSink& sink);

  /// For offsets in ascending order: the line that each lies in, counted from 1, in one pass.
  static Result<std::vector<std::uint64_t>> line_numbers(FileOps& files, int fd,
                                                         const std::vector<std::uint64_t>& offsets);

 private:
  MboxReader(FileOps& files, int fd, std::uint64_t size, const MboxReadOptions& options);

  struct Region {
    OctetRange content;  // from after the From_ line to the border or the end
    std::optional<Border> next;
    bool by_length;
    bool quoted;        // it may have quoted lines
    bool exact{false};  // nothing at its end belongs to the format
  };
  Result<std::optional<MboxDialect>> dialect_by_lengths(const Border& first);
  Result<HeaderScan> scan_header(OctetRange range);
  Result<std::optional<Region>> find_end_by_length(const Border& border);
  Result<Region> find_end(const Border& border);
  Result<MboxMessage> describe_message(const Border& border, const Region& region,
                                       const HeaderScan& header);
  Result<OctetRange> without_format_line(OctetRange content, bool crlf);
  Result<bool> ends_with(OctetRange range, std::string_view tail);
  Result<bool> all_lines_end_in_crlf(OctetRange range);
  Result<std::optional<Border>> first_border();
  void warn_of_length(const Border& border, const Region& region, const HeaderScan& header);
  Result<void> pass_on(OctetRange range, const ChunkSink& sink);

  MboxReadOptions options_;
  std::unique_ptr<FileWindow> window_;  // where it is, it stays: the finder looks through it
  BorderFinder finder_;
  MboxDialect dialect_{MboxDialect::Mboxrd};
  bool certain_{false};
  std::optional<Border> next_;
  std::uint64_t begin_{0};
  std::optional<ImapNumbers> imap_numbers_;
  bool first_message_{true};
  MboxWarnings warnings_;
  std::uint64_t pseudo_messages_{0};
  std::uint64_t unquoted_lines_{0};
};

}  // namespace lbx
