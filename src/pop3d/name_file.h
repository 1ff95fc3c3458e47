// SPDX-License-Identifier: MIT
// A file of ours in a Maildir that says something about messages by their base names:
//
//   letterbox KIND 1
//   VALUE BASE
//   ...
//   end COUNT CHECKSUM
//
// A value has no blank, a base name may have some. One kind is in use: ids taken over from another
// server.
//
// A reader sees a whole file or none: one that is torn, of another kind, or too large counts as
// missing. Writers never change a file, they replace it by rename(2) of a name that is theirs
// alone, so that sessions on two nodes may write at once: the last one wins, and both were right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/system.h"
#include "pop3d/name_index.h"

namespace lbx::pop3d {

/// Octets of such a file at most: enough for two million messages.
inline constexpr std::size_t kMaxNameFile = std::size_t{256} * 1024 * 1024;

class NameFile {
 public:
  /// Nothing is known of any name.
  NameFile() = default;

  /// None: there is no such file, or none that is whole.
  static std::optional<NameFile> read(FileOps& files, int maildir, const std::string& kind);
  static std::optional<NameFile> parse(std::string text, std::string_view kind);

  std::size_t count() const { return count_; }
  /// The value of a base name. Valid for as long as the file is not moved or destroyed.
  std::optional<std::string_view> find(std::string_view base) const;

  /// Calls `visit(value, base)` for every line.
  template <typename Visit>
  void each(Visit visit) const {
    const std::string_view all{text_};
    for (std::size_t at = first_; at < all.size();) {
      const std::size_t blank = all.find(' ', at);
      const std::size_t end = all.find('\n', blank);
      visit(all.substr(at, blank - at), all.substr(blank + 1, end - blank - 1));
      at = end + 1;
    }
  }

 private:
  bool is_base(std::uint32_t at, std::string_view base) const;
  bool index_lines(std::size_t count);

  std::string text_;
  std::size_t first_{0};  // where the lines begin in text_
  std::size_t count_{0};
  NameIndex index_{0};  // a base name is known by where it begins in text_
};

enum class WriteSync { No, Yes };  // Yes: it is on disk when it is there

/// Makes a file of ours in a Maildir hold `text`: readers see the old file or the new one.
Result<void> replace_own_file(System& system, int maildir, const std::string& name,
                              std::string_view text, WriteSync sync);

class NameFileWriter {
 public:
  explicit NameFileWriter(std::string kind);

  /// `value` has no blank and no line end. A base name with a line end is passed over.
  void add(std::string_view value, std::string_view base);
  std::size_t count() const { return count_; }

  /// Replaces the file of that kind, on disk. The writer is spent.
  Result<void> commit(System& system, int maildir) &&;
  /// What commit() would write.
  std::string text() &&;

 private:
  std::string kind_;
  std::string text_;
  std::size_t count_{0};
};

}  // namespace lbx::pop3d
