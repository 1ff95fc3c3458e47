// SPDX-License-Identifier: MIT
// Messages that are files of their own, in one directory: .eml files, an MH folder, Apple's .emlx.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "convert/conversion.h"
#include "convert/single_message.h"
#include "core/base/system.h"

namespace lbx::convert {

/// Octets of .mh_sequences at most.
inline constexpr std::size_t kMaxSequences = std::size_t{4} * 1024 * 1024;

struct MessageFile {
  std::string name;  // in the directory
  std::uint64_t size;
  MessageForm form{MessageForm::Plain};
  bool mh{false};  // .mh_sequences says what became of it
};

class MessageFilesSource final : public Source {
 public:
  /// `directory`: a path; the files are given in their order. `system` must outlive the source.
  static Result<MessageFilesSource> open(System& system, const std::string& directory,
                                         std::string name, std::vector<MessageFile> list,
                                         FolderName folder);

  const std::string& name() const override { return name_; }
  /// A file that cannot be read, or has vanished, is a message whose content is an error.
  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override { return behind_; }
  std::uint64_t size() const override { return size_; }
  /// Names say nothing of what is new: every run goes through all of them.
  Result<bool> resume(const std::string& mark) override;
  Result<Findings> findings() override;
  void release() override { open_.reset(); }
  bool removable() const override { return true; }
  /// Unlinks the files that are still what was read.
  Result<void> remove() override;

 private:
  MessageFilesSource(System& system, std::string directory, std::string name,
                     std::vector<MessageFile> list, FolderName folder);
  Result<void> read_sequences();
  Result<Message> open_message(std::size_t at);
  std::string path_of(const std::string& file) const { return directory_ + '/' + file; }

  System* system_;
  std::string directory_;
  std::string name_;
  std::vector<MessageFile> files_;
  std::vector<std::string> stamps_;  // of those that were read
  FolderName folder_;
  // Of MH, sorted: the numbers of messages.
  std::vector<std::uint64_t> unseen_;
  std::vector<std::uint64_t> flagged_;
  std::vector<std::uint64_t> replied_;
  std::size_t at_{0};
  std::uint64_t behind_{0};
  std::uint64_t size_{0};
  UniqueFd open_;  // the file of the message that next() gave
};

/// The numbers of the sequence `name` in the text of a .mh_sequences file, sorted; ranges are
/// written out as far as `last`, the highest number there is.
std::vector<std::uint64_t> mh_sequence(std::string_view text, std::string_view name,
                                       std::uint64_t last);

}  // namespace lbx::convert
