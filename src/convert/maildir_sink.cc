// SPDX-License-Identifier: MIT
#include "convert/maildir_sink.h"

#include <algorithm>
#include <utility>

#include "core/base/io.h"

namespace lbx::convert {
namespace {

/// Fewer files than this are synced one by one; a sync of the whole file system would wait for
/// everybody else's writes too.
constexpr std::size_t kSyncTogether = 8;
constexpr std::uint64_t kMicros = 1'000'000;

MaildirPlace place_of(const MessageState& state) {
  if (state.fresh) return {};
  return {MaildirPlace::Folder::Cur, MaildirFlags{state.letters}};
}

}  // namespace

MaildirSink::MaildirSink(System& system, int maildir)
    : files_{&system.files},
      maildir_{maildir},
      started_{system.clock.now()},
      stamped_{system.files, stamp_,           system.randomness,
               system.pid,   system.host_name, system.environment} {}

Result<void> MaildirSink::add(const Message& message) {
  Instant time = message.time.value_or(started_);
  time.micros = static_cast<std::int32_t>(added_++ % kMicros);
  stamp_.time = {std::max<std::int64_t>(time.seconds, 0), time.micros};  // no name begins with '-'

  MaildirWriter writer = LBX_TRY(MaildirWriter::open(stamped_, maildir_));
  LBX_TRY(message.content([&writer](std::string_view chunk) { return writer.write(chunk); }));
  LBX_TRY(writer.set_modified(time));
  batch_octets_ += writer.octets().stored();
  batch_.push_back({std::move(writer), place_of(message.state)});
  if (batch_.size() < kBatchMessages && batch_octets_ < kBatchOctets) return {};
  return finish();
}

Result<void> MaildirSink::finish() {
  std::vector<Pending> batch = std::exchange(batch_, {});
  batch_octets_ = 0;
  if (batch.empty()) return {};
  LBX_TRY(sync_batch(batch));
  bool to_new = false;
  bool to_cur = false;
  for (Pending& each : batch) {
    LBX_TRY(std::move(each.writer).publish(each.place));
    ++published_;
    (each.place.folder == MaildirPlace::Folder::New ? to_new : to_cur) = true;
  }
  if (to_new) LBX_TRY(sync_directory(*files_, maildir_, "new"));
  if (to_cur) LBX_TRY(sync_directory(*files_, maildir_, "cur"));
  return {};
}

Result<void> MaildirSink::sync_batch(std::vector<Pending>& batch) {
  const FileSystemKind kind = LBX_TRY(files_->file_system(maildir_));
  if (batch.size() >= kSyncTogether && kind == FileSystemKind::Local) {
    for (Pending& each : batch) LBX_TRY(each.writer.flush());
    return files_->sync_file_system(maildir_);
  }
  for (Pending& each : batch) LBX_TRY(each.writer.sync());
  return {};
}

}  // namespace lbx::convert
