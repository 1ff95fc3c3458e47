// SPDX-License-Identifier: MIT
// An mbox in memory, as a file that MboxReader can read.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file_ops.h"
#include "core/base/io.h"
#include "core/mbox/reader.h"

namespace lbx::testing_support {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view content) : fd_{::memfd_create("mbox", MFD_CLOEXEC)} {
    if (!write_all(files, fd_.get(), content)) throw std::runtime_error{"memfd"};
    size_ = content.size();
  }
  int fd() const { return fd_.get(); }
  std::uint64_t size() const { return size_; }

  PosixFileOps files;

 private:
  UniqueFd fd_;
  std::uint64_t size_{0};
};

struct ReadMessage {
  std::string text;
  MessageState state;
  std::optional<std::int64_t> date;
  std::string sender;
};

struct ReadMbox {
  std::vector<ReadMessage> messages;
  MboxWarnings warnings;
  MboxDialect dialect;
  bool certain;
  std::uint64_t pseudo_messages;
};

inline Result<ReadMbox> read_mbox(std::string_view text, const MboxReadOptions& options = {}) {
  MemoryFile file{text};
  MboxReader reader = LBX_TRY(MboxReader::open(file.files, file.fd(), file.size(), options));
  ReadMbox out;
  for (;;) {
    const std::optional<MboxMessage> message = LBX_TRY(reader.next());
    if (!message) break;
    ReadMessage one{"", message->state, message->date, message->from.sender};
    LBX_TRY(reader.read(*message, [&one](std::string_view chunk) -> Result<void> {
      one.text += chunk;
      return {};
    }));
    out.messages.push_back(std::move(one));
  }
  out.warnings = reader.warnings();
  out.dialect = reader.dialect();
  out.certain = reader.dialect_certain();
  out.pseudo_messages = reader.pseudo_messages();
  return out;
}

inline std::vector<std::string> texts(const ReadMbox& mbox) {
  std::vector<std::string> out;
  for (const ReadMessage& each : mbox.messages) out.push_back(each.text);
  return out;
}

}  // namespace lbx::testing_support
