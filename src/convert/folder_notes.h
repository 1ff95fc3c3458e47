// SPDX-License-Identifier: MIT
// What a mail server has noted of the messages of a folder, whichever it is: IMAP's numbers, POP3's
// ids, and keywords as far as they do not stand in the messages' names. Read from the files of one
// server, it can be written as those of the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/system.h"
#include "core/maildir/folder_name.h"

namespace lbx::convert {

enum class ServerKind { Dovecot, Courier };

/// The folder's name as this server has it on disk.
FolderName name_for(ServerKind kind, const FolderName& folder);

struct FolderNotes {
  struct Entry {
    std::uint32_t uid;
    std::string base;
    std::string pop3_id{};
    std::string guid{};                         // Dovecot's, and
    std::optional<std::uint32_t> pop3_order{};  // so are these:
    std::optional<std::uint64_t> octets{};      // see UidlistEntry
    std::optional<std::uint64_t> wire_octets{};
  };
  ServerKind kind{ServerKind::Dovecot};  // whose files there are
  std::uint32_t validity{0};             // 0: there are no numbers
  std::uint32_t next{1};
  std::string guid;            // Dovecot's, of the folder
  std::vector<Entry> entries;  // numbers ascend
  std::uint32_t next_pop3{0};  // Courier's; 0: there is no list of ids
  std::uint32_t pop3_validity{0};
  std::unordered_map<std::string, std::vector<std::string>> keywords;  // Courier's, by base name
};

/// Of the folder, a directory descriptor. Dovecot's, where it has a list of both.
Result<FolderNotes> read_notes(System& system, int folder);

/// Makes the lists that the folder does not have yet. `bases`: the names of the messages that it
/// has, by those in `notes`; others are left out. True where there are IMAP numbers among it.
Result<bool> write_notes(System& system, int folder, ServerKind kind, const FolderNotes& notes,
                         const std::unordered_map<std::string, std::string>& bases);

/// Keywords of one message in the form in which Courier adds them, before the message appears.
Result<void> add_courier_keywords(FileOps& files, int folder, const std::string& base,
                                  const std::vector<std::string>& names);

}  // namespace lbx::convert
