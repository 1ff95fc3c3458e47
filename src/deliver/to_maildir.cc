// SPDX-License-Identifier: MIT
// Into a Maildir: Return-Path, Delivered-To and the message as it is (CONTRACT 2.11).
#include <fcntl.h>

#include <cerrno>

#include "core/base/errno_class.h"
#include "core/base/io.h"
#include "core/maildir/maildir.h"
#include "core/maildir/writer.h"
#include "deliver/executors.h"
#include "deliver/foresee.h"

namespace lbx::deliver {
namespace {

/// Only the search permission is asked for, as by chdir(2): new/ and tmp/ have their own.
Result<UniqueFd> open_place(const Context& context, const std::string& path) {
  return context.system.files.open_at(context.home, path + "/.", O_PATH | O_DIRECTORY);
}

/// Makes the Maildirs of the default delivery where they are missing; those that a user names
/// himself are his (DESIGN section 6).
Result<UniqueFd> open_or_create(const Context& context, const std::string& path) {
  Result<UniqueFd> place = open_place(context, path);
  if (place || place.error().os_error != ENOENT || !context.settings.create_maildirs ||
      context.plan.source != Source::DefaultDelivery ||
      !is_below_home(context.plan.request.home, path)) {
    return place;
  }
  LBX_TRY(create_maildir(context.system, context.home, path));
  return open_place(context, path);
}

/// Nothing on success; `reading` tells whose failure it was.
Result<void> write_message(const Context& context, int maildir, const std::string& path,
                           bool& reading) {
  MaildirWriter writer = LBX_TRY(MaildirWriter::open(context.system, maildir));
  const dotqmail::EnvelopeLines& lines = context.plan.lines;
  LBX_TRY(writer.write(lines.return_path + lines.delivered_to));
  reading = true;
  LBX_TRY(for_each_chunk(context.system.files, context.message, [&](std::string_view bytes) {
    reading = false;
    Result<void> written = writer.write(bytes);
    if (written) reading = true;
    return written;
  }));
  reading = false;
  const std::string name = LBX_TRY(std::move(writer).commit());
  if (context.placed != nullptr) context.placed->push_back(path + "new/" + name);
  return {};
}

}  // namespace

Report to_maildir(const Context& context, const std::string& path) {
  const Result<UniqueFd> maildir = open_or_create(context, path.c_str());
  if (!maildir) {
    const bool plain = !is_temporary_errno(maildir.error().os_error);
    return Report::failed(plain ? "Unable to chdir to maildir. (#4.2.1)"
                                : "Temporary error on maildir delivery. (#4.3.0)",
                          maildir.error());
  }
  bool reading = false;
  const Result<void> written = write_message(context, maildir->get(), path.c_str(), reading);
  if (written) return {};
  return Report::failed(reading ? "Unable to read message. (#4.3.0)"
                                : "Temporary error on maildir delivery. (#4.3.0)",
                        written.error());
}

}  // namespace lbx::deliver
