// SPDX-License-Identifier: MIT
// Any bytes whatever as the name of a folder: it becomes one directory name that climbs nowhere, is
// not too long, and is the same when it is read and written again; modified UTF-7 has one form.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "convert/folder_levels.h"
#include "core/base/modified_utf7.h"
#include "core/maildir/folder_name.h"
#include "support/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lbx;
  const std::string text{reinterpret_cast<const char*>(data), size};

  const auto encoded = modified_utf7::encode(text);
  require(!encoded || modified_utf7::decode(*encoded) == text);
  const auto decoded = modified_utf7::decode(text);
  require(!decoded || modified_utf7::encode(*decoded) == text);

  const FolderName name = FolderName::of_levels(convert::levels_of_mailbox(text));
  const std::string& directory = name.directory();
  require(directory.size() <= kMaxFolderDirectory);
  require(directory.find('/') == std::string::npos && directory.find('\0') == std::string::npos);
  require(name.is_inbox() || (directory.size() > 1 && directory != ".."));
  require(FolderName::of_directory(directory) == name);
  require(FolderName::of_levels(name.levels()) == name);

  const std::string_view inside = convert::without_wrapping(text);
  require(text.ends_with(inside));
  static_cast<void>(convert::pipermail_date(text));
  return 0;
}
