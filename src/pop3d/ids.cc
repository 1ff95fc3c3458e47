// SPDX-License-Identifier: MIT
#include "pop3d/ids.h"

#include <map>
#include <set>
#include <utility>

#include "core/base/digest.h"
#include "core/base/io.h"
#include "core/maildir/courier_lists.h"
#include "core/maildir/dovecot_uidlist.h"
#include "core/message/header.h"
#include "core/message/server_ids.h"
#include "pop3d/imports.h"
#include "pop3d/open_flags.h"

namespace lbx::pop3d {
namespace {

/// How much of a message is read in search of its X-UIDL.
constexpr std::size_t kMaxHeaderRead = std::size_t{256} * 1024;

class Importer {
 public:
  Importer(System& system, int maildir, const FoundMessages& messages, const ImportOptions& options)
      : system_{system}, maildir_{maildir}, messages_{messages}, options_{options} {}

  std::vector<ImportedId> run() {
    switch (options_.from) {
      case Import::None:
        break;
      case Import::Auto: {
        std::vector<ImportedId> ids = dovecot();
        return ids.empty() ? courier() : ids;
      }
      case Import::Dovecot:
        return dovecot();
      case Import::Courier:
        return courier();
      case Import::XUidl:
        return x_uidl();
      case Import::Md5OfName:
        return md5_of_name();
    }
    return {};
  }

 private:
  std::string text_of(const char* file_name) {
    const Result<UniqueFd> file =
        system_.files.open_at(maildir_, file_name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (!file) return "";
    Result<std::string> text = read_whole(system_.files, file->get(), kMaxNameFile, file_name);
    return text ? std::move(text).value() : "";
  }

  std::vector<ImportedId> dovecot() {
    return ids_of_dovecot(text_of(kDovecotUidlistFile), options_.dovecot_format);
  }
  std::vector<ImportedId> courier() { return ids_of_courier(text_of(kCourierPop3File)); }

  std::vector<ImportedId> md5_of_name() {
    std::vector<ImportedId> ids;
    for (std::size_t i = 0; i < messages_.count(); ++i) {
      const std::string_view base = messages_.base(i);
      ids.push_back({std::string{base}, md5_hex(base)});
    }
    return ids;
  }

  std::vector<ImportedId> x_uidl() {
    std::vector<ImportedId> ids;
    for (std::size_t i = 0; i < messages_.count(); ++i) {
      std::string id = x_uidl_of(messages_.path(i));
      if (is_pop3_id(id)) ids.push_back({std::string{messages_.base(i)}, std::move(id)});
    }
    return ids;
  }

  std::string x_uidl_of(const std::string& path) {
    const Result<UniqueFd> file = system_.files.open_at(maildir_, path, kOpenFlags);
    if (!file) return "";
    HeaderReader header;
    std::string buffer(kIoChunk, '\0');
    for (std::size_t seen = 0; seen < kMaxHeaderRead;) {
      const Result<std::size_t> got = system_.files.read(file->get(), buffer.data(), buffer.size());
      if (!got || *got == 0) break;
      seen += *got;
      if (!header.feed({buffer.data(), *got})) break;
    }
    header.finish();
    const std::string* value = header.find("X-UIDL");
    return value == nullptr ? "" : *value;
  }

  System& system_;
  int maildir_;
  const FoundMessages& messages_;
  const ImportOptions& options_;
};

/// Whose id nobody else has or wants.
std::string plain_id(std::string_view base) {
  return is_pop3_id(base) ? std::string{base} : sha256_hex(base);
}

}  // namespace

// The file is written even where there was nothing to take over: that there was nothing must not
// change when another server begins to use the Maildir later.
NameFile load_ids(System& system, int maildir, const FoundMessages& messages,
                  const ImportOptions& options) {
  if (options.from == Import::None) return {};
  if (std::optional<NameFile> known = NameFile::read(system.files, maildir, kIdsKind)) {
    return std::move(*known);
  }
  NameFileWriter writer{kIdsKind};
  for (const ImportedId& each : Importer{system, maildir, messages, options}.run()) {
    writer.add(each.id, each.base);
  }
  NameFileWriter copy = writer;
  static_cast<void>(std::move(copy).commit(system, maildir));
  std::optional<NameFile> ids = NameFile::parse(std::move(writer).text(), kIdsKind);
  return ids ? std::move(*ids) : NameFile{};
}

IdTable::IdTable(std::span<const OwnId> own, std::string_view text,
                 std::shared_ptr<const void> owner)
    : owner_{std::move(owner)}, lent_own_{own}, lent_text_{text} {}

void IdTable::assign(const FoundMessages& messages, const NameFile& known) {
  const auto plain = [&](std::size_t i) {
    return !messages.shares_base(i) && is_pop3_id(messages.base(i)) &&
           (known.count() == 0 || !known.find(messages.base(i)));
  };
  std::vector<std::uint32_t> others;
  for (std::size_t i = 0; i < messages.count(); ++i) {
    if (!plain(i)) others.push_back(static_cast<std::uint32_t>(i));
  }
  if (others.empty()) return;

  // No id may be the base name of another message, which has the better right to it, nor another
  // message's id.
  NameIndex bases{messages.count()};
  const auto is_base = [&](std::uint32_t i, std::string_view name) {
    return messages.base(i) == name;
  };
  for (std::size_t i = 0; i < messages.count(); ++i) {
    bases.add(messages.base(i), static_cast<std::uint32_t>(i), is_base);
  }
  NameIndex taken{others.size()};
  std::map<std::string_view, unsigned> copies;
  for (const std::uint32_t i : others) {
    const std::string_view base = messages.base(i);
    const unsigned copy = messages.shares_base(i) ? copies[base]++ : 0;
    const auto has_id = [&](std::uint32_t other, std::string_view name) {
      const std::string_view own = own_id(other);
      return own.empty() ? plain_id(messages.base(other)) == name : own == name;
    };
    const auto clashes = [&](std::string_view wanted) {
      const auto holder = bases.find(wanted, is_base);
      return (holder && *holder != i) || taken.find(wanted, has_id);
    };
    std::string wanted;
    const std::optional<std::string_view> imported = copy == 0 ? known.find(base) : std::nullopt;
    if (imported && is_pop3_id(*imported) && !clashes(*imported)) {
      wanted = *imported;
    } else if (copy == 0 && is_pop3_id(base)) {
      continue;  // the base name after all
    } else {
      // The n-th copy has an id of its own for as long as there are n.
      wanted = sha256_hex(std::string{base} + std::string(copy, '/'));
      while (clashes(wanted)) wanted = sha256_hex(wanted);
    }
    if (copy > 0 || wanted != plain_id(base)) keep(messages.count(), i, wanted);
    taken.add(wanted, i, has_id);
  }
}

void IdTable::keep(std::size_t messages, std::size_t message, std::string_view id) {
  if (own_.empty()) own_.assign(messages, {0, 0});
  own_[message] = {static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(id.size())};
  text_ += id;
}

std::string_view IdTable::own_id(std::size_t message) const {
  const std::span<const OwnId> all = own();
  if (all.empty()) return {};
  return text().substr(all[message].at, all[message].size);
}

std::string IdTable::id(const MessageTable& messages, std::size_t message) const {
  const std::string_view own = own_id(message);
  return own.empty() ? plain_id(messages.base(message)) : std::string{own};
}

}  // namespace lbx::pop3d
