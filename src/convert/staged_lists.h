// SPDX-License-Identifier: MIT
// What the files of all mail servers have in common that note the messages of a folder, while an
// import makes them (folder_state.h): which lines of the log count, and the names that the messages
// have. Memory does not depend on the number of messages.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/folder_state.h"

namespace lbx::convert {

/// Messages whose names are held in memory at once while a list is written.
inline constexpr std::size_t kMaxListedAtOnce = 100'000;

/// Of what lies in a folder, below the Maildir.
std::string path_in(const FolderName& folder, std::string_view name);

/// `target`: negative where there is none yet.
Result<bool> is_in_target(FileOps& files, int target, const std::string& path);

/// After an interruption, what was noted behind the last checkpoint comes again: each source begins
/// anew somewhere, and what it gave from there on does not count.
class WrittenState {
 public:
  static Result<WrittenState> read(const StateLog& log);

  /// Every message once, in order.
  Result<void> for_each(const StateLog& log,
                        const std::function<Result<void>(const StagedMessage&)>& visit) const;

 private:
  struct Restart {
    std::uint64_t source;
    std::uint64_t line;
    std::uint64_t ordinal;
  };
  bool counts(const StagedMessage& message, std::uint64_t line) const;
  std::vector<Restart> restarts_;
};

/// A message that a list speaks of; `number` and `text` mean what the list makes of them.
struct ListRow {
  FolderName folder;
  std::uint64_t bits;  // StagedMessage::bits
  std::uint32_t number;
  std::string text;
};

/// Finds the base names of staged messages, many at once.
class NamedRows {
 public:
  using Row = std::pair<const ListRow*, std::string>;  // with the base name
  /// Rows of one folder, in their order; those that are not staged are left out.
  using Sink = std::function<Result<void>(const FolderName& folder, const std::vector<Row>& rows)>;

  /// `root`: the staging directory. `files` must outlive it.
  NamedRows(FileOps& files, int root, std::size_t chunk, Sink sink)
      : files_{&files}, root_{root}, chunk_{chunk}, sink_{std::move(sink)} {}
  Result<void> add(ListRow row);
  /// Gives the rest to the sink.
  Result<void> finish();

 private:
  FileOps* files_;
  int root_;
  std::size_t chunk_;
  Sink sink_;
  std::vector<ListRow> rows_;
};

/// Those that come twice, once each less, in order.
std::vector<std::uint64_t> repeated(std::vector<std::uint64_t> all);

/// Appends to a file that exists, durably.
Result<void> append_durably(FileOps& files, int dir, const std::string& path,
                            std::string_view text);

}  // namespace lbx::convert
