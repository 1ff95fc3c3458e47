// SPDX-License-Identifier: MIT
#include "convert/verify.h"

#include <fcntl.h>

#include <algorithm>

#include "convert/known_messages.h"
#include "core/base/ascii.h"
#include "core/base/io.h"

namespace lbx::convert {
namespace {

constexpr std::string_view kBeforeBits = "P0R";
constexpr std::size_t kBitsDigits = 16;

struct Built {
  std::uint64_t bits;  // of the name
  MessageDigest digest;
};

Error differs(const std::string& what) {
  return Error::later("verification failed: " + what + "; nothing was published");
}

/// The source, read again, gives exactly the digests that the record has of this import.
Result<void> verify_source(const ImportRecord& record, Source& source, Progress& progress) {
  const ImportRecord::Progress* before = record.find_before(source.name());
  const bool from_mark =
      before != nullptr && !before->place.empty() && LBX_TRY(source.resume(before->place));
  KnownMessages known;
  if (before != nullptr && !from_mark) {
    known = LBX_TRY(KnownMessages::load(record, source.name(), false));
  }
  if (!from_mark) LBX_TRY(source.resume(""));
  std::vector<MessageDigest> expected;
  LBX_TRY(record.for_each([&](const ImportRecord::Entry& entry) {
    if (entry.pending && entry.source == source.name()) expected.push_back(entry.digest);
  }));

  Sha256 sum;
  Tally tally{source.name(), 0, source.size(), 0, 0, 0};
  std::size_t at = 0;
  for (;;) {
    const Result<std::optional<Message>> next = source.next();
    if (!next && at < expected.size()) return next.error();
    if (!next || !*next) break;  // it breaks off where it did before, which was reported
    const std::optional<Message>& message = *next;
    tally.position = source.position();
    LBX_TRY(progress.update(tally));
    const Result<MessageDigest> digest = digest_of(message->content, sum);
    if (!digest || known.take(*digest)) continue;  // the first was reported when it was read
    if (at == expected.size() || expected[at] != *digest) {
      return differs(source.name() + ": message " + std::to_string(at + 1) + " is another one now");
    }
    ++at;
    ++tally.messages;
  }
  if (at < expected.size()) return differs(source.name() + ": it has fewer messages now");
  return {};
}

Result<void> verify_file(FileOps& files, int root, const std::string& path, const Built* built,
                         Sha256& sum) {
  const UniqueFd file = LBX_TRY(files.open_at(root, path, O_RDONLY));
  const Result<MessageDigest> digest = digest_of(
      [&](const ChunkSink& sink) { return for_each_chunk(files, file.get(), sink); }, sum);
  if (!digest) return digest.error();
  if (built == nullptr || *digest != built->digest)
    return differs(path + " is not what was written");
  return {};
}

/// Every file is what the record says, and all of them are there.
Result<std::uint64_t> verify_files(FileOps& files, int root, const std::vector<FolderName>& folders,
                                   const ImportRecord& record) {
  std::vector<Built> all;
  LBX_TRY(record.for_each([&](const ImportRecord::Entry& entry) {
    if (entry.pending) {
      all.push_back({name_bits(entry.source, entry.ordinal, entry.digest), entry.digest});
    }
  }));
  std::ranges::sort(all, {}, &Built::bits);
  Sha256 sum;
  std::uint64_t count = 0;
  for (const FolderName& folder : folders) {
    for (const char* each : {"/new/", "/cur/"}) {
      const std::string path = "./" + folder.directory() + each;
      for (const DirectoryEntry& entry : LBX_TRY(files.list(root, path))) {
        const std::uint64_t bits = name_bits_in(entry.name).value_or(0);
        const auto found = std::ranges::lower_bound(all, bits, {}, &Built::bits);
        const Built* built = found != all.end() && found->bits == bits ? &*found : nullptr;
        LBX_TRY(verify_file(files, root, path + entry.name, built, sum));
        ++count;
      }
    }
  }
  if (count != all.size()) return differs("not all messages are there");
  return count;
}

}  // namespace

std::optional<std::uint64_t> name_bits_in(std::string_view file_name) {
  const std::size_t at = file_name.find(kBeforeBits);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view hex = file_name.substr(at + kBeforeBits.size()).substr(0, kBitsDigits);
  return ascii::parse_hex(hex, kBitsDigits);
}

Result<std::uint64_t> verify_import(System& system, int root,
                                    const std::vector<FolderName>& folders,
                                    const ImportRecord& record,
                                    const std::vector<std::unique_ptr<Source>>& sources,
                                    Progress& progress) {
  for (const std::unique_ptr<Source>& source : sources) {
    LBX_TRY(verify_source(record, *source, progress));
    source->release();
  }
  return verify_files(system.files, root, folders, record);
}

}  // namespace lbx::convert
