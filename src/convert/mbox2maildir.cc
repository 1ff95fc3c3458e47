// SPDX-License-Identifier: MIT
#include "convert/mbox2maildir.h"

#include <fcntl.h>

#include <cerrno>

#include "convert/maildir_sink.h"
#include "core/maildir/maildir.h"

namespace lbx::convert {
namespace {

Result<std::vector<MboxSource>> open_all(System& system, LockOps& locks,
                                         const ToMaildirOptions& options) {
  std::vector<MboxSource> sources;
  for (const std::string& path : options.sources) {
    sources.push_back(LBX_TRY(MboxSource::open(system, locks, path, options.reading)));
  }
  return sources;
}

Result<UniqueFd> open_or_create(System& system, const std::string& path) {
  Result<UniqueFd> maildir = open_maildir(system.files, AT_FDCWD, path);
  if (!maildir && maildir.error().os_error == ENOENT) {
    LBX_TRY(create_maildir(system, AT_FDCWD, path));
    maildir = open_maildir(system.files, AT_FDCWD, path);
  }
  if (!maildir) return maildir;
  for (const char* each : {"tmp", "new", "cur"}) {
    const Result<struct stat> status = system.files.stat_at(maildir->get(), each);
    if (!status || !S_ISDIR(status->st_mode)) {
      return Error::never(path + ": is not a Maildir: it has no " + each + "/");
    }
  }
  return maildir;
}

Result<void> collect_warnings(const MboxSource& source, SourceReport& report) {
  const MboxWarnings& warnings = source.reader().warnings();
  report.doubts = warnings.count();
  for (const MboxWarning& each : warnings.kept()) {
    const std::uint64_t line = LBX_TRY(source.line_number(each.offset));
    report.warnings.push_back(source.path() + ':' + std::to_string(line) + ": " +
                              std::string{describe(each.doubt)});
  }
  if (report.doubts > warnings.kept().size()) {
    report.warnings.push_back(source.path() + ": and " +
                              std::to_string(report.doubts - warnings.kept().size()) +
                              " more of these");
  }
  return {};
}

Result<SourceReport> convert_source(MboxSource& source, MaildirSink& sink, Progress& progress) {
  SourceReport report;
  report.path = source.path();
  LBX_TRY(convert_all(source, sink, progress, report.messages));
  LBX_TRY(sink.finish());
  LBX_TRY(source.check_unchanged());
  const MboxReader& reader = source.reader();
  report.pseudo_messages = reader.pseudo_messages();
  report.skipped_deleted = source.skipped_deleted();
  report.unquoted_lines = reader.unquoted_lines();
  report.dialect = reader.dialect();
  report.dialect_certain = reader.dialect_certain();
  LBX_TRY(collect_warnings(source, report));
  return report;
}

}  // namespace

std::string SourceReport::line() const {
  std::string text = path + ": " + std::to_string(messages) + " messages";
  if (pseudo_messages > 0) text += ", 1 pseudo message left out";
  if (skipped_deleted > 0) text += ", " + std::to_string(skipped_deleted) + " deleted left out";
  text += ", ";
  text += to_string(dialect);
  if (!dialect_certain) text += " assumed";
  if (unquoted_lines > 0) text += ", " + std::to_string(unquoted_lines) + " lines unquoted";
  if (doubts > 0) text += ", " + std::to_string(doubts) + " doubts";
  return text;
}

Result<ToMaildirReport> mbox_to_maildir(System& system, LockOps& locks,
                                        const ToMaildirOptions& options, Progress& progress) {
  std::vector<MboxSource> sources = LBX_TRY(open_all(system, locks, options));
  const UniqueFd maildir = LBX_TRY(open_or_create(system, options.maildir));
  MaildirSink sink{system, maildir.get()};
  ToMaildirReport report;
  for (MboxSource& source : sources) {
    Result<SourceReport> converted = convert_source(source, sink, progress);
    if (!converted) {
      Error error = converted.error();
      error.what += " (" + std::to_string(sink.published()) + " messages were converted)";
      return error;
    }
    report.messages += converted->messages;
    report.doubts += converted->doubts;
    report.sources.push_back(std::move(*converted));
  }
  return report;
}

}  // namespace lbx::convert
