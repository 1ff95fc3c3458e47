// SPDX-License-Identifier: MIT
#include "convert/mbox2maildir.h"

#include <set>

namespace lbx::convert {

Result<std::vector<std::unique_ptr<Source>>> open_mboxes(System& system, LockOps& locks,
                                                         const std::vector<SourcePath>& paths,
                                                         const MboxSource::Options& options) {
  std::vector<std::unique_ptr<Source>> sources;
  std::set<std::string> seen;
  for (const SourcePath& each : paths) {
    if (!seen.insert(each.name).second) continue;
    MboxSource source = LBX_TRY(MboxSource::open(system, locks, each.path, each.name, options));
    sources.push_back(std::make_unique<MboxSource>(std::move(source)));
  }
  return sources;
}

std::string fingerprint_of(const MboxSource::Options& options) {
  const auto word = [](bool value, char letter) { return value ? letter : '-'; };
  std::string text{"mbox:"};
  text += options.read.dialect ? to_string(*options.read.dialect) : "any";
  text += ':';
  text += word(options.read.keep_status, 'k');
  text += word(options.read.borders.mime, 'm');
  text += word(options.skip_deleted, 'd');
  text += static_cast<char>('0' + static_cast<int>(options.labels));
  return text;
}

}  // namespace lbx::convert
