// SPDX-License-Identifier: MIT
// cdb, D. J. Bernstein's format for databases that are written once: 32-bit positions, little
// endian, 256 hash tables (CONTRACT 1.4). tinycdb reads and writes it, from memory and to memory,
// so that a file that changes under us, or was never one of these, harms nobody.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace lbx::users {

/// Octets of a database at most. The format itself ends at 4 GiB.
inline constexpr std::size_t kMaxDatabaseOctets = std::size_t{256} * 1024 * 1024;

class ConstantDatabase {
 public:
  /// Keeps a copy of `bytes`. What cannot be a cdb is an error; that one is damaged may show only
  /// in find(). Every error is Retry::Later.
  static Result<ConstantDatabase> from(std::string_view bytes);

  ConstantDatabase(ConstantDatabase&&) noexcept;
  ConstantDatabase& operator=(ConstantDatabase&&) noexcept;
  ~ConstantDatabase();

  /// The first record of this key.
  Result<std::optional<std::string>> find(std::string_view key) const;

 private:
  struct Mapped;
  explicit ConstantDatabase(std::unique_ptr<Mapped> mapped);
  std::unique_ptr<Mapped> mapped_;
};

struct Record {
  std::string key;
  std::string data;
};

/// The bytes of a database of these records, in this order.
Result<std::string> make_database(const std::vector<Record>& records);

}  // namespace lbx::users
