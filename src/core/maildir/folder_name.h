// SPDX-License-Identifier: MIT
// The name of a folder in a Maildir (Maildir++): levels for people, one directory `.Level.Level`
// on disk, in modified UTF-7 (RFC 3501 section 5.1.3).
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace lbx {

/// Octets of a folder's directory name at most.
inline constexpr std::size_t kMaxFolderDirectory = 240;
/// Levels of a folder's name at most; deeper ones are left out.
inline constexpr std::size_t kMaxFolderLevels = 32;

class FolderName {
 public:
  /// The inbox: the Maildir itself.
  FolderName() = default;
  /// Of any names, from the outermost level to the innermost. What a directory cannot say is
  /// changed as Dovecot's dsync does it, to '_': '.', '/', control characters, a '~' in front;
  /// octets that are not UTF-8 are taken as ISO 8859-1; empty names and "." and ".." are left out.
  /// "INBOX" in any case alone is the inbox, and on the first level of others is written in
  /// capitals. A name that would be too long is shortened and gets a part that tells it from
  /// others.
  static FolderName of_levels(const std::vector<std::string>& levels);
  /// Levels between slashes.
  static FolderName of_path(std::string_view path);
  /// The folder whose directory has this name; the inbox where it is none of a folder. What is not
  /// modified UTF-7 stays as it is.
  static FolderName of_directory(std::string_view directory);

  bool is_inbox() const { return directory_.empty(); }
  /// ".Level.Level", or "" for the inbox.
  const std::string& directory() const { return directory_; }
  /// In UTF-8; none for the inbox.
  std::vector<std::string> levels() const;
  /// "Level/Level" in UTF-8, "INBOX" for the inbox.
  std::string str() const;
  /// As Courier since its version 5 names the directory: not in modified UTF-7 but in UTF-8. A
  /// name that would be too long then stays.
  FolderName in_utf8() const;
  /// The other way; levels that are in modified UTF-7 stay.
  FolderName in_modified_utf7() const;

  bool operator==(const FolderName&) const = default;
  std::strong_ordering operator<=>(const FolderName& other) const {
    return directory_.compare(other.directory_) <=> 0;
  }

 private:
  explicit FolderName(std::string directory) : directory_{std::move(directory)} {}

  std::string directory_;
};

}  // namespace lbx
