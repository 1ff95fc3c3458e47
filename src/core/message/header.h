// SPDX-License-Identifier: MIT
// Header fields of a message, from chunks, in bounded memory (RFC 5322 section 2.2). A header ends
// at the first empty line, at the first line that cannot belong to a header, or at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/message/line_scanner.h"

namespace lbx {

/// Octets of one field that are kept; what is longer is cut, and the field says so.
inline constexpr std::size_t kMaxKeptField = std::size_t{64} * 1024;
/// Fields that are kept.
inline constexpr std::size_t kMaxKeptFields = 2000;

struct HeaderField {
  std::string name;   // as written, without the colon
  std::string value;  // unfolded: line ends removed, blanks at both ends too
  bool cut{false};
};

class HeaderReader {
 public:
  HeaderReader();

  /// Reads on; false once the header has ended (what follows is not looked at).
  bool feed(std::string_view bytes);
  /// Where the message ends within its header.
  void finish();

  const std::vector<HeaderField>& fields() const { return fields_; }
  /// The value of the first field of that name in any case, or nothing (nullptr).
  const std::string* find(std::string_view name) const;

 private:
  bool take_line(const ScannedLine& line);
  bool start_field(std::string_view line, bool cut);

  LineScanner lines_;
  std::vector<HeaderField> fields_;
  bool ended_{false};
  bool skipping_{false};  // the field is beyond kMaxKeptFields
};

}  // namespace lbx
