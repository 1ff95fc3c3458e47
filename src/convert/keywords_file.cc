// SPDX-License-Identifier: MIT
#include "convert/keywords_file.h"

#include <fcntl.h>

#include "convert/server_file.h"
#include "core/base/io.h"

namespace lbx::convert {

Result<DovecotKeywords> read_keywords(FileOps& files, int folder) {
  return DovecotKeywords::parse(
      LBX_TRY(read_server_file(files, folder, kDovecotKeywordsFile, kMaxKeywordsFile)));
}

Result<void> write_keywords(FileOps& files, int folder, const DovecotKeywords& keywords) {
  const Result<struct stat> before = files.stat_at(folder, kDovecotKeywordsFile);
  LBX_TRY(replace_file(files, folder, kDovecotKeywordsFile, keywords.str(), kServerFileMode));
  if (!before) return {};
  const UniqueFd file = LBX_TRY(files.open_at(folder, kDovecotKeywordsFile, O_RDONLY));
  const struct stat now = LBX_TRY(files.stat_fd(file.get()));
  if (now.st_mtime > before->st_mtime) return {};
  return files.set_modified(file.get(), Instant{before->st_mtime + 1});
}

}  // namespace lbx::convert
