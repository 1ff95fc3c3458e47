// SPDX-License-Identifier: MIT
#include "core/users/constant_database.h"

#include <cdb.h>
#include <sys/mman.h>

#include <cerrno>
#include <utility>

#include "core/base/file_ops.h"
#include "core/base/io.h"
#include "core/base/unique_fd.h"

namespace lbx::users {
namespace {

/// tinycdb knows descriptors only.
Result<UniqueFd> memory_file() {
  UniqueFd file{::memfd_create("cdb", MFD_CLOEXEC)};
  if (!file) return Error::from_errno(errno, "memfd_create");
  return file;
}

Error too_large() {
  return Error::later("a cdb of more than " + std::to_string(kMaxDatabaseOctets) + " octets");
}

unsigned size_of(std::string_view text) {
  return static_cast<unsigned>(text.size());  // at most kMaxDatabaseOctets: the callers check it
}

}  // namespace

struct ConstantDatabase::Mapped {
  cdb file{};
  Mapped() = default;
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  ~Mapped() {
    if (file.cdb_mem != nullptr) ::cdb_free(&file);
  }
};

ConstantDatabase::ConstantDatabase(std::unique_ptr<Mapped> mapped) : mapped_{std::move(mapped)} {}
ConstantDatabase::ConstantDatabase(ConstantDatabase&&) noexcept = default;
ConstantDatabase& ConstantDatabase::operator=(ConstantDatabase&&) noexcept = default;
ConstantDatabase::~ConstantDatabase() = default;

Result<ConstantDatabase> ConstantDatabase::from(std::string_view bytes) {
  if (bytes.size() > kMaxDatabaseOctets) return too_large();
  const UniqueFd file = LBX_TRY(memory_file());
  PosixFileOps files;
  LBX_TRY(write_all(files, file.get(), bytes));
  auto mapped = std::make_unique<Mapped>();
  // The mapping outlives the descriptor.
  if (::cdb_init(&mapped->file, file.get()) != 0) return Error::from_errno(errno, "not a cdb");
  return ConstantDatabase{std::move(mapped)};
}

Result<std::optional<std::string>> ConstantDatabase::find(std::string_view key) const {
  if (key.size() > kMaxDatabaseOctets) return std::optional<std::string>{};
  cdb* const file = &mapped_->file;
  const int found = ::cdb_find(file, key.data(), size_of(key));
  if (found < 0) return Error::from_errno(errno, "damaged cdb");
  if (found == 0) return std::optional<std::string>{};
  const void* const data = ::cdb_get(file, cdb_datalen(file), cdb_datapos(file));
  if (data == nullptr) return Error::from_errno(errno, "damaged cdb");
  return std::optional{std::string{static_cast<const char*>(data), cdb_datalen(file)}};
}

Result<std::string> make_database(const std::vector<Record>& records) {
  const UniqueFd file = LBX_TRY(memory_file());
  cdb_make maker{};
  if (::cdb_make_start(&maker, file.get()) != 0) return Error::from_errno(errno, "cdb_make_start");
  std::size_t octets = 0;
  int failed = 0;
  for (const Record& each : records) {
    octets += each.key.size() + each.data.size();
    if (octets > kMaxDatabaseOctets) break;
    failed |= ::cdb_make_add(&maker, each.key.data(), size_of(each.key), each.data.data(),
                             size_of(each.data));
  }
  failed |= ::cdb_make_finish(&maker);  // frees what the maker holds, so it comes in any case
  if (octets > kMaxDatabaseOctets) return too_large();
  if (failed != 0) return Error::from_errno(errno, "cdb_make");
  PosixFileOps files;
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return Error::from_errno(errno, "lseek");
  return read_whole(files, file.get(), kMaxDatabaseOctets, "users/cdb");
}

}  // namespace lbx::users
