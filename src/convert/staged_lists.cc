// SPDX-License-Identifier: MIT
#include "convert/staged_lists.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "convert/maildir_files.h"
#include "convert/verify.h"
#include "core/base/io.h"
#include "core/maildir/server_lines.h"

namespace lbx::convert {
namespace {

constexpr std::array<const char*, 2> kReadersLookInto{"new", "cur"};

}  // namespace

std::string path_in(const FolderName& folder, std::string_view name) {
  return std::string{"./"}.append(folder.directory()).append("/").append(name);
}

Result<bool> is_in_target(FileOps& files, int target, const std::string& path) {
  if (target < 0) return false;
  return exists(files, target, path);
}

Result<WrittenState> WrittenState::read(const StateLog& log) {
  WrittenState written;
  std::map<std::uint64_t, std::uint64_t> last;  // ordinal by source
  std::uint64_t line = 0;
  LBX_TRY(log.for_each([&](const StagedMessage& message) {
    const auto [place, first] = last.try_emplace(message.source, message.ordinal);
    if (!first && message.ordinal <= place->second) {
      written.restarts_.push_back({message.source, line, message.ordinal});
    }
    place->second = message.ordinal;
    ++line;
  }));
  return written;
}

Result<void> WrittenState::for_each(
    const StateLog& log, const std::function<Result<void>(const StagedMessage&)>& visit) const {
  std::uint64_t line = 0;
  Result<void> outcome;
  LBX_TRY(log.for_each([&](const StagedMessage& message) {
    if (counts(message, line++) && outcome) outcome = visit(message);
  }));
  return outcome;
}

bool WrittenState::counts(const StagedMessage& message, std::uint64_t line) const {
  return std::ranges::none_of(restarts_, [&](const Restart& each) {
    return each.source == message.source && each.line > line && each.ordinal <= message.ordinal;
  });
}

Result<void> NamedRows::add(ListRow row) {
  rows_.push_back(std::move(row));
  return rows_.size() < chunk_ ? Result<void>{} : finish();
}

Result<void> NamedRows::finish() {
  std::map<FolderName, std::vector<const ListRow*>> by_folder;
  for (const ListRow& each : rows_) by_folder[each.folder].push_back(&each);
  for (const auto& [folder, mine] : by_folder) {
    std::vector<std::pair<std::uint64_t, std::string>> names;  // by the random part
    std::vector<std::uint64_t> bits;
    for (const ListRow* each : mine) bits.push_back(each->bits);
    std::ranges::sort(bits);
    for (const char* place : kReadersLookInto) {
      LBX_TRY(files_->each_name(root_, path_in(folder, place), [&](const ListedName& each) {
        const auto found = name_bits_in(each.name);
        if (found && std::ranges::binary_search(bits, *found)) {
          names.emplace_back(*found, base_of(each.name));
        }
      }));
    }
    std::ranges::sort(names);
    std::vector<Row> named;
    for (const ListRow* each : mine) {
      const auto found = std::ranges::lower_bound(names, each->bits, {},
                                                  &std::pair<std::uint64_t, std::string>::first);
      if (found != names.end() && found->first == each->bits) {
        named.emplace_back(each, found->second);
      }
    }
    LBX_TRY(sink_(folder, named));
  }
  rows_.clear();
  return {};
}

std::vector<std::uint64_t> repeated(std::vector<std::uint64_t> all) {
  std::ranges::sort(all);
  std::vector<std::uint64_t> twice;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i] == all[i - 1]) twice.push_back(all[i]);
  }
  return twice;
}

Result<void> append_durably(FileOps& files, int dir, const std::string& path,
                            std::string_view text) {
  const UniqueFd file = LBX_TRY(files.open_at(dir, path, O_WRONLY | O_APPEND));
  LBX_TRY(write_all(files, file.get(), text));
  return files.sync(file.get());
}

}  // namespace lbx::convert
