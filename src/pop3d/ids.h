// SPDX-License-Identifier: MIT
// The ids of a maildrop (RFC 1939 section 7).
//
// A message's own id is its base name, where that may be one (1 to 70 octets of 0x21..0x7E) and is
// the only one of its kind; else the SHA-256 digest of it. So an id survives flags, moves, and
// copies of the Maildir, and needs no file of ours.
//
// Where another server has served the Maildir before, the ids that its clients know are taken
// over, once, at the first login, and kept in letterbox-pop3-ids. What comes later has its own id;
// what the other server does later changes nothing. If that file is lost, the other server's files
// are read again. So only those can change an id: both lost, or an id of a message that the other
// server has learnt of since.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/system.h"
#include "pop3d/found_messages.h"
#include "pop3d/index_rows.h"
#include "pop3d/message_table.h"
#include "pop3d/name_file.h"

namespace lbx::pop3d {

inline constexpr const char* kIdsKind = "pop3-ids";
inline constexpr const char* kIdsFile = "letterbox-pop3-ids";

/// Whose ids to take over.
enum class Import {
  None,
  Auto,       // Dovecot's if its file is there, else Courier's
  Dovecot,    // dovecot-uidlist
  Courier,    // courierpop3dsizelist
  XUidl,      // the header field X-UIDL of each message, as mailutils writes it
  Md5OfName,  // tpop3d, solid-pop3d, and Dovecot's %Mf
};

struct ImportOptions {
  Import from{Import::None};
  std::string dovecot_format{"%08Xu%08Xv"};  // Dovecot's pop3_uidl_format
};

/// The ids taken over, from our file or, at the first login, from the other server's. Best effort:
/// what cannot be read gives no ids.
NameFile load_ids(System& system, int maildir, const FoundMessages& messages,
                  const ImportOptions& options);

class IdTable {
 public:
  IdTable() = default;
  /// The ids of an index; `owner` keeps its memory.
  IdTable(std::span<const OwnId> own, std::string_view text, std::shared_ptr<const void> owner);

  /// Gives every message its id. `known` is asked first.
  void assign(const FoundMessages& messages, const NameFile& known);
  std::string id(const MessageTable& messages, std::size_t message) const;

  /// As an index takes them: one for each message, or none at all; empty where the id is made from
  /// the base name alone.
  std::span<const OwnId> own() const { return owner_ ? lent_own_ : own_; }
  std::string_view text() const { return owner_ ? lent_text_ : text_; }

 private:
  void keep(std::size_t messages, std::size_t message, std::string_view id);
  /// Empty: it is made from the base name alone.
  std::string_view own_id(std::size_t message) const;

  std::string text_;
  std::vector<OwnId> own_;

  std::shared_ptr<const void> owner_;
  std::span<const OwnId> lent_own_;
  std::string_view lent_text_;
};

}  // namespace lbx::pop3d
