// SPDX-License-Identifier: MIT
// The header of a message that is submitted, cut off its body (CONTRACT 1.14): generously, because
// people and programs write it. A line that cannot belong to a header ends it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::inject {

/// Octets of a header at most.
inline constexpr std::size_t kMaxHeader = std::size_t{16} * 1024 * 1024;

/// A field as it was written, all of its lines with their line ends.
struct RawField {
  std::string text;

  /// Without blanks before the colon.
  std::string_view name() const;
  /// What follows the colon, without the last line end.
  std::string_view value() const;
};

class HeadReader {
 public:
  /// Reads on; the value is whether the header goes on. A longer one than kMaxHeader is an error,
  /// Retry::Never.
  Result<bool> feed(std::string_view bytes);
  /// The message ends here.
  void finish();

  /// A "From " line is a field "MBOX-Line".
  const std::vector<RawField>& fields() const { return fields_; }
  /// What has been read of the body, with the empty line before it.
  const std::string& body() const { return rest_; }

 private:
  bool take_line(std::string_view line);

  std::vector<RawField> fields_;
  std::string rest_;
  std::size_t taken_{0};
  bool ended_{false};
};

}  // namespace lbx::inject
