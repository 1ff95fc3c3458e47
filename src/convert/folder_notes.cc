// SPDX-License-Identifier: MIT
#include "convert/folder_notes.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "convert/maildir_files.h"
#include "convert/server_file.h"
#include "convert/staged_lists.h"
#include "core/base/io.h"
#include "core/maildir/courier_lists.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/maildir/unique_name.h"

namespace lbx::convert {
namespace {

constexpr mode_t kNotesMode = 0700;

using Bases = std::unordered_map<std::string, std::string>;

/// Where a message got another name, its old one is no longer what Dovecot takes as its GUID.
std::optional<std::string> present(const Bases& bases, const FolderNotes::Entry& entry) {
  const auto found = bases.find(entry.base);
  if (found == bases.end()) return std::nullopt;
  return found->second;
}

bool read_dovecot(std::string_view text, FolderNotes& notes) {
  std::optional<UidlistReader> reader = UidlistReader::open(text);
  if (!reader) return false;
  notes.validity = reader->header().validity;
  notes.next = reader->header().next;
  notes.guid = reader->header().guid;
  while (const std::optional<UidlistEntry> entry = reader->next()) {
    notes.entries.push_back({entry->uid, std::string{entry->base}, std::string{entry->pop3_id},
                             std::string{entry->guid}, entry->pop3_order, entry->octets,
                             entry->wire_octets});
  }
  return true;
}

void read_courier_numbers(std::string_view text, FolderNotes& notes) {
  std::optional<CourierUidReader> reader = CourierUidReader::open(text);
  if (!reader) return;
  notes.kind = ServerKind::Courier;
  notes.validity = reader->validity();
  notes.next = reader->next_uid();
  while (const std::optional<CourierUidReader::Entry> entry = reader->next()) {
    notes.entries.push_back({entry->uid, std::string{entry->base}});
  }
}

/// A message that only POP3 knows has the number 0 here.
void read_courier_ids(std::string_view text, FolderNotes& notes) {
  std::optional<CourierPop3Reader> reader = CourierPop3Reader::open(text);
  if (!reader) return;
  notes.kind = ServerKind::Courier;
  notes.next_pop3 = reader->next_number();
  notes.pop3_validity = reader->validity();
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < notes.entries.size(); ++i) places.emplace(notes.entries[i].base, i);
  while (const std::optional<CourierPop3Reader::Entry> entry = reader->next()) {
    const auto [place, fresh] = places.try_emplace(std::string{entry->base}, notes.entries.size());
    if (fresh) notes.entries.push_back({0, place->first});
    notes.entries[place->second].pop3_id = entry->id.str();
    notes.entries[place->second].wire_octets = entry->octets;
  }
}

/// In the order of the numbers; those that have none get the next ones, in the order of their list.
void number_all(System& system, FolderNotes& notes) {
  const bool any = !notes.entries.empty() || notes.validity != 0;
  if (any && notes.validity == 0) {
    notes.validity = static_cast<std::uint32_t>(system.clock.now().seconds);
  }
  for (const FolderNotes::Entry& each : notes.entries) {
    if (each.uid != UINT32_MAX) notes.next = std::max(notes.next, each.uid + 1);
  }
  for (FolderNotes::Entry& each : notes.entries) {
    if (each.uid == 0 && notes.next != UINT32_MAX) each.uid = notes.next++;
  }
  std::ranges::stable_sort(notes.entries, {}, &FolderNotes::Entry::uid);
  // Not std::ranges::unique: clang 14 cannot read what that returns.
  const auto same = [](const FolderNotes::Entry& one, const FolderNotes::Entry& other) {
    return one.uid == other.uid;
  };
  notes.entries.erase(std::unique(notes.entries.begin(), notes.entries.end(), same),
                      notes.entries.end());
}

std::string dovecot_list(const FolderNotes& notes, const Bases& bases) {
  std::string out = to_line(UidlistHeader{notes.validity, notes.next, notes.guid});
  for (const FolderNotes::Entry& each : notes.entries) {
    const auto base = present(bases, each);
    if (!base) continue;
    out += to_line(UidlistEntry{each.uid, *base, each.guid, each.pop3_id, each.pop3_order,
                                each.wire_octets, each.octets});
  }
  return out;
}

std::string courier_list(const FolderNotes& notes, const Bases& bases) {
  std::string out = courier_uid_head(notes.validity, notes.next);
  for (const FolderNotes::Entry& each : notes.entries) {
    const auto base = present(bases, each);
    if (base) out += courier_uid_line(each.uid, *base);
  }
  return out;
}

/// "" where there are none that Courier could have given. It wants to know the size of each
/// message; one of which no list and no name says it gets a new id.
std::string courier_ids(const FolderNotes& notes, const Bases& bases) {
  std::uint32_t next = notes.next_pop3;
  std::uint32_t validity = notes.pop3_validity;
  std::string lines;
  for (const FolderNotes::Entry& each : notes.entries) {
    const auto id = CourierPop3Id::parse(each.pop3_id);
    if (!id || id->number == UINT32_MAX) continue;
    next = std::max(next, id->number + 1);
    if (notes.next_pop3 == 0) validity = id->validity;
    const auto base = present(bases, each);
    const auto name = base ? UniqueName::parse(*base) : Result<UniqueName>{Error::never("")};
    if (!base || !name) continue;
    const auto octets = each.wire_octets ? each.wire_octets : name->wire_octets();
    if (octets) lines += courier_pop3_line({*base, *id, *octets});
  }
  return lines.empty() ? lines : courier_pop3_head(next, validity) + lines;
}

Result<void> write_new(System& system, int folder, const char* file, const std::string& text) {
  const bool there = LBX_TRY(exists(system.files, folder, file));
  if (there || text.empty()) return {};
  return replace_file(system.files, folder, file, text, kServerFileMode);
}

}  // namespace

FolderName name_for(ServerKind kind, const FolderName& folder) {
  return kind == ServerKind::Courier ? folder.in_utf8() : folder.in_modified_utf7();
}

Result<FolderNotes> read_notes(System& system, int folder) {
  FileOps& files = system.files;
  FolderNotes notes;
  const std::string uidlist =
      LBX_TRY(read_server_file(files, folder, kDovecotUidlistFile, kMaxUidlist));
  if (!read_dovecot(uidlist, notes)) {
    const std::string uids = LBX_TRY(read_server_file(files, folder, kCourierUidFile, kMaxUidlist));
    read_courier_numbers(uids, notes);
    const std::string ids = LBX_TRY(read_server_file(files, folder, kCourierPop3File, kMaxUidlist));
    read_courier_ids(ids, notes);
  }
  const std::string keywords =
      LBX_TRY(read_server_file(files, folder, kCourierKeywordsFile, kMaxUidlist));
  for_each_courier_keywords(keywords, [&](std::string_view base, const auto& names) {
    notes.keywords[std::string{base}].assign(names.begin(), names.end());
  });
  number_all(system, notes);
  return notes;
}

Result<bool> write_notes(System& system, int folder, ServerKind kind, const FolderNotes& notes,
                         const std::unordered_map<std::string, std::string>& bases) {
  if (notes.validity == 0) return false;
  const bool dovecot = kind == ServerKind::Dovecot;
  const char* file = dovecot ? kDovecotUidlistFile : kCourierUidFile;
  const bool there = LBX_TRY(exists(system.files, folder, file));
  const std::string list = dovecot ? dovecot_list(notes, bases) : courier_list(notes, bases);
  LBX_TRY(write_new(system, folder, file, list));
  if (dovecot) return !there;
  LBX_TRY(write_new(system, folder, kCourierPop3File, courier_ids(notes, bases)));
  return !there;
}

Result<void> add_courier_keywords(FileOps& files, int folder, const std::string& base,
                                  const std::vector<std::string>& names) {
  Result<void> made = files.make_directory(folder, kCourierKeywordsDirectory, kNotesMode);
  if (!made && made.error().os_error != EEXIST) return made;
  std::string text;
  for (const std::string& each : names) text += each + '\n';
  const UniqueFd file =
      LBX_TRY(files.open_at(folder, std::string{kCourierKeywordsDirectory} + '/' + base,
                            O_WRONLY | O_CREAT | O_TRUNC, kServerFileMode));
  return write_all(files, file.get(), text);
}

}  // namespace lbx::convert
