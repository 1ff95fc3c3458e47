// SPDX-License-Identifier: MIT
#include "convert/import.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "convert/import_record.h"
#include "convert/known_messages.h"
#include "convert/maildir_sink.h"
#include "convert/staging.h"
#include "convert/verify.h"
#include "core/maildir/maildir.h"

namespace lbx::convert {
namespace {

/// The names of what interrupted runs have built and made durable.
Result<std::vector<std::uint64_t>> built_names(const ImportRecord& record) {
  std::vector<std::uint64_t> all;
  LBX_TRY(record.for_each([&all](const ImportRecord::Entry& entry) {
    if (entry.pending) all.push_back(name_bits(entry.source, entry.ordinal, entry.digest));
  }));
  std::ranges::sort(all);
  return all;
}

/// What an interrupted run left: kept where it was durable and made with the same options, removed
/// otherwise. Nobody has ever seen any of it.
Result<void> tidy(System& system, Staging& staging, const std::string& fingerprint) {
  ImportRecord& record = staging.record();
  std::vector<std::uint64_t> names;
  if (record.phase() == ImportRecord::Phase::Building && record.fingerprint() == fingerprint) {
    names = LBX_TRY(built_names(record));
  }
  const std::uint64_t kept = LBX_TRY(staging.sweep([&names](std::string_view name) {
    const auto bits = name_bits_in(name);
    return bits && std::ranges::binary_search(names, *bits);
  }));
  if (!names.empty() && kept == names.size()) return {};
  LBX_TRY(staging.sweep([](std::string_view) { return false; }));
  LBX_TRY(StateLog::remove(system.files, staging.root()));
  return record.discard();
}

/// A staging in which an import can begin or go on; one that was being published is brought to its
/// end first.
Result<Staging> open_staging(System& system, LockOps& locks, const ImportOptions& options) {
  Staging staging = LBX_TRY(Staging::open(system, locks, options.target));
  if (staging.record().phase() == ImportRecord::Phase::Publishing) {
    LBX_TRY(staging.publish());
    return Error::from_errno(EAGAIN, options.target);
  }
  LBX_TRY(tidy(system, staging, options.fingerprint));
  return staging;
}

/// One source after the other, each from where it was.
class Builder {
 public:
  Builder(System& system, const ImportOptions& options, Progress& progress, const OnError& on_error,
          ImportRecord& record, MaildirSink* sink)
      : options_{&options},
        progress_{&progress},
        on_error_{&on_error},
        record_{&record},
        sink_{sink},
        started_{record.phase() == ImportRecord::Phase::None ? system.clock.now().seconds
                                                             : record.started()},
        flat_{is_folder_place(system.files, AT_FDCWD, options.target)} {}

  Tally& tally() { return tally_; }
  std::vector<FolderSummary> folders() const;
  Result<SourceSummary> take(Source& source);

 private:
  Result<void> take_all(Source& source, SourceSummary& summary);
  Result<void> take_message(const Source& source, const Message& message, SourceSummary& summary);
  bool checkpoint_is_due() const;
  Result<void> checkpoint(const Source& source, const SourceSummary& summary);
  void failed(const Source& source, const Error& error, SourceSummary& summary);

  const ImportOptions* options_;
  Progress* progress_;
  const OnError* on_error_;
  ImportRecord* record_;
  MaildirSink* sink_;  // null: nothing is built
  std::int64_t started_;
  bool flat_;  // the target cannot have folders
  std::map<FolderName, FolderSummary> folders_;
  Tally tally_;
  KnownMessages known_;
  Sha256 sum_;
};

Result<SourceSummary> Builder::take(Source& source) {
  SourceSummary summary;
  summary.name = source.name();
  tally_.source = source.name();
  const ImportRecord::Progress* before = record_->find(source.name());
  const bool from_mark =
      before != nullptr && !before->place.empty() && LBX_TRY(source.resume(before->place));
  known_ = {};
  if (before != nullptr && !from_mark) {
    known_ = LBX_TRY(KnownMessages::load(*record_, source.name(), true));
  }
  if (from_mark) {
    const ImportRecord::Progress* finished = record_->find_before(source.name());
    summary.known = finished != nullptr ? finished->messages : 0;
    summary.added = before->messages - summary.known;
  }
  if (sink_ != nullptr) {
    sink_->begin_source(source.name(), before != nullptr ? before->messages : 0,
                        before != nullptr ? before->last_seconds : started_);
  }
  const std::uint64_t behind = tally_.position;
  const Result<void> taken = take_all(source, summary);
  if (!taken) return taken.error();
  tally_.position = behind + source.size();
  LBX_TRY(source.check());
  summary.findings = LBX_TRY(source.findings());
  source.release();
  return summary;
}

Result<void> Builder::take_all(Source& source, SourceSummary& summary) {
  const std::uint64_t behind = tally_.position;
  for (;;) {
    Result<std::optional<Message>> message = source.next();
    if (!message) {
      failed(source, message.error(), summary);
      summary.broke_off = true;
      break;
    }
    if (!*message) break;
    if (options_->utf8_names) (*message)->folder = (*message)->folder.in_utf8();
    LBX_TRY(take_message(source, **message, summary));
    tally_.position = behind + source.position();
    const Result<void> go_on = progress_->update(tally_);
    if (go_on && !checkpoint_is_due()) continue;
    LBX_TRY(checkpoint(source, summary));
    LBX_TRY(Result<void>{go_on});
  }
  return checkpoint(source, summary);
}

bool Builder::checkpoint_is_due() const {
  return sink_ != nullptr &&
         (sink_->unsynced() >= options_->checkpoint_messages ||
          sink_->unsynced_octets() >= kCheckpointOctets || sink_->held_state() >= kMaxHeldState);
}

std::vector<FolderSummary> Builder::folders() const {
  std::vector<FolderSummary> out;
  for (const auto& [name, summary] : folders_) {
    out.push_back(summary);
    out.back().name = name;
  }
  return out;
}

Result<void> Builder::take_message(const Source& source, const Message& message,
                                   SourceSummary& summary) {
  if (flat_ && !message.folder.is_inbox()) {
    return Error::never(options_->target + ": is a folder itself and has none: name its Maildir");
  }
  FolderSummary& folder = folders_[message.folder];
  if (sink_ == nullptr || !known_.empty()) {
    const Result<MessageDigest> digest = digest_of(message.content, sum_);
    if (!digest) {
      ++folder.failed;
      failed(source, digest.error(), summary);
      return {};
    }
    if (known_.take(*digest)) {
      ++summary.known;
      ++folder.known;
      return {};
    }
  }
  if (sink_ != nullptr) {
    const std::uint64_t before = sink_->octets();
    const std::optional<MaildirSink::Failure> failure = sink_->add(message);
    if (failure && !failure->source_failed) return failure->error;
    if (failure) {
      ++folder.failed;
      failed(source, failure->error, summary);
      return {};
    }
    const std::uint64_t octets = sink_->octets() - before;
    summary.octets += octets;
    folder.octets += octets;
    tally_.octets = sink_->octets();
  }
  ++summary.added;
  ++folder.added;
  ++tally_.messages;
  return {};
}

void Builder::failed(const Source& source, const Error& error, SourceSummary& summary) {
  ++summary.failed;
  ++tally_.errors;
  const std::uint64_t number = summary.known + summary.added + summary.failed;
  (*on_error_)(source.name() + ": message " + std::to_string(number) + ": " + error.what);
}

/// Where a message failed, the next run goes through all of the source again, and tries it again.
Result<void> Builder::checkpoint(const Source& source, const SourceSummary& summary) {
  if (sink_ == nullptr) return {};
  const std::vector<MessageDigest> digests = LBX_TRY(sink_->sync());
  const ImportRecord::Progress progress{sink_->ordinal(), sink_->last_seconds(),
                                        summary.failed > 0 ? "" : source.mark()};
  const ImportRecord::Progress* recorded = record_->find(source.name());
  if (digests.empty() && recorded != nullptr && *recorded == progress) return {};
  if (digests.empty() && progress.messages == 0) return {};  // an empty source is none
  if (record_->phase() == ImportRecord::Phase::None) {
    LBX_TRY(record_->begin(options_->fingerprint, started_));
  }
  return record_->checkpoint(source.name(), progress, digests);
}

Result<ImportSummary> take_all(Builder& builder,
                               const std::vector<std::unique_ptr<Source>>& sources) {
  ImportSummary summary;
  for (const std::unique_ptr<Source>& source : sources) builder.tally().size += source->size();
  for (const std::unique_ptr<Source>& source : sources) {
    SourceSummary one = LBX_TRY(builder.take(*source));
    summary.octets += one.octets;
    summary.failed += one.failed;
    summary.doubts += one.findings.doubt_count;
    summary.sources.push_back(std::move(one));
  }
  summary.folders = builder.folders();
  return summary;
}

Result<ImportSummary> count_only(System& system,
                                 const std::vector<std::unique_ptr<Source>>& sources,
                                 const ImportOptions& options, Progress& progress,
                                 const OnError& on_error) {
  const Result<UniqueFd> target =
      system.files.open_at(AT_FDCWD, options.target, O_RDONLY | O_DIRECTORY);
  if (!target && target.error().os_error != ENOENT) return target.error();
  ImportRecord record = LBX_TRY(target ? ImportRecord::look(system.files, target->get())
                                       : ImportRecord::none(system.files));
  Builder builder{system, options, progress, on_error, record, nullptr};
  ImportSummary summary = LBX_TRY(take_all(builder, sources));
  for (const SourceSummary& each : summary.sources) summary.added += each.added;
  return summary;
}

/// The keeper hears of what an interrupted run has staged, so that keywords get the same letters.
Result<void> remind(System& system, const Staging& staging, const ImportOptions& options) {
  if (options.keeper == nullptr) return {};
  Result<void> outcome;
  const StateLog log{system.files, staging.root()};
  LBX_TRY(log.for_each([&](const StagedMessage& each) {
    if (!outcome || each.keywords.empty()) return;
    const Result<std::string> letters = options.keeper->letters(each.folder, each.keywords);
    if (!letters) outcome = letters.error();
  }));
  return outcome;
}

/// Everything is staged: the folders get their own files.
Result<void> finish_folders(System& system, const Staging& staging, const ImportOptions& options) {
  if (options.keeper == nullptr) return {};
  const UniqueFd target = LBX_TRY(staging.target());
  const std::vector<FolderName> folders = LBX_TRY(staging.folders());
  const StateLog log{system.files, staging.root()};
  return options.keeper->finish({staging.root(), target.get(), folders, log});
}

Result<ImportSummary> build(System& system, const std::vector<std::unique_ptr<Source>>& sources,
                            const ImportOptions& options, Progress& progress,
                            const OnError& on_error, Staging& staging) {
  ImportRecord& record = staging.record();
  const std::uint64_t resumed = record.pending_messages();
  LBX_TRY(remind(system, staging, options));
  MaildirSink sink =
      LBX_TRY(MaildirSink::open(system, staging.root(), options.writers, options.keeper));
  Builder builder{system, options, progress, on_error, record, &sink};
  ImportSummary summary = LBX_TRY(take_all(builder, sources));
  summary.resumed = resumed;
  summary.added = record.pending_messages();
  LBX_TRY(finish_folders(system, staging, options));
  return summary;
}

/// What was built of a source that changed under our eyes is worth nothing; what is ready for any
/// other reason waits for the next run.
Error give_up(Staging& staging, const std::vector<std::unique_ptr<Source>>& sources, Error error) {
  const bool reliable = std::ranges::all_of(
      sources, [](const std::unique_ptr<Source>& each) { return each->check().has_value(); });
  const std::uint64_t built = staging.record().pending_messages();
  if (!reliable) {
    staging.remove();
  } else if (built > 0) {
    error.what += " (nothing is published; " + std::to_string(built) +
                  " messages are ready, run it again to go on)";
  }
  return error;
}

Result<std::uint64_t> verify(System& system, Staging& staging,
                             const std::vector<std::unique_ptr<Source>>& sources,
                             Progress& progress) {
  const std::vector<FolderName> folders = LBX_TRY(staging.folders());
  return verify_import(system, staging.root(), folders, staging.record(), sources, progress);
}

}  // namespace

Result<ImportSummary> import(System& system, LockOps& locks,
                             const std::vector<std::unique_ptr<Source>>& sources,
                             const ImportOptions& options, Progress& progress,
                             const OnError& on_error) {
  for (const std::unique_ptr<Source>& each : sources) {
    if (options.remove_sources && !each->removable()) {
      return Error::never(each->name() + ": cannot be removed, see --remove-source");
    }
  }
  if (options.dry_run) return count_only(system, sources, options, progress, on_error);
  Result<Staging> staging = open_staging(system, locks, options);
  if (!staging && staging.error().os_error == EAGAIN) {
    staging = open_staging(system, locks, options);
  }
  if (!staging) return staging.error();
  Result<ImportSummary> summary = build(system, sources, options, progress, on_error, *staging);
  if (!summary) return give_up(*staging, sources, summary.error());
  if (options.verify || options.remove_sources) {
    const Result<std::uint64_t> verified = verify(system, *staging, sources, progress);
    if (!verified) {
      staging->remove();
      return verified.error();
    }
    summary->verified = *verified;
  }
  LBX_TRY(staging->publish());
  if (!options.remove_sources) return summary;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (summary->sources[i].failed > 0) continue;
    LBX_TRY(sources[i]->remove());
    summary->sources[i].removed = true;
  }
  return summary;
}

}  // namespace lbx::convert
