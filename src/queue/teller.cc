// SPDX-License-Identifier: MIT
#include "queue/teller.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "core/base/io.h"
#include "core/wire/queue_door.h"
#include "queue/received.h"

namespace lbx::queue {
namespace {

constexpr std::chrono::seconds kTellAgain{60};
constexpr std::size_t kMostInMemory = wire::kMaxDoorMemory;

/// A message being written: in memory while it is small, then in a file of the spool area.
class Writer {
 public:
  Writer(FileOps& files, SpoolArea& spool, std::string head)
      : files_{files}, spool_{spool}, head_{std::move(head)}, octets_{head_} {}

  Result<void> write(std::string_view more) {
    size_ += more.size();
    if (!file_ && octets_.size() + more.size() > kMostInMemory) {
      file_ = LBX_TRY(spool_.create(head_));
      LBX_TRY(write_all(files_, file_.get(), std::string_view{octets_}.substr(head_.size())));
      octets_.clear();
    }
    if (file_) return write_all(files_, file_.get(), more);
    octets_ += more;
    return {};
  }

  void give(Incoming& incoming) && {
    incoming.message.envelope.size = head_.size() + size_;
    if (file_) {
      incoming.spool = std::move(file_);
      incoming.head = std::move(head_);
    } else {
      incoming.message.body = InlineBody{std::move(octets_)};
    }
  }

 private:
  FileOps& files_;
  SpoolArea& spool_;
  std::string head_;
  std::string octets_;
  UniqueFd file_;
  std::uint64_t size_{0};
};

std::vector<RecipientId> ids_of(
    std::initializer_list<const std::vector<const Recipient*>*> recipients) {
  std::vector<RecipientId> ids;
  for (const auto* const some : recipients) {
    std::ranges::transform(*some, std::back_inserter(ids), &Recipient::id);
  }
  return ids;
}

}  // namespace

struct Teller::Report {
  Message message;
  std::vector<const Recipient*> failed;
  std::vector<const Recipient*> arrived;
  std::vector<const Recipient*> delayed;
  std::vector<ReportKind> kinds;  // of the notices
  UniqueFd body;
  std::string log;
  std::vector<MessageId> ended;  // messages; filled within the transaction
};

void Teller::failed(MessageId message, const LivePtr& live) {
  if (telling_.contains(message)) {  // this one may be too late for it
    more_failed_.insert(message);
    return;
  }
  if (live && live->open == 0) return tell(message);
  if (waiting_.contains(message)) return;
  const auto before = told_before_.find(message);
  const unsigned doublings =
      before == told_before_.end() ? 0 : std::min(before->second, kMostDoublings);
  waiting_.emplace(message, parts_.loop.after(kPatience * (1U << doublings),
                                              [this, message] { tell(message); }));
}

void Teller::tell(MessageId message) {
  if (const auto timer = waiting_.find(message); timer != waiting_.end()) {
    parts_.loop.cancel(timer->second);
    waiting_.erase(timer);
  }
  if (!telling_.insert(message).second) return;
  read(message, [this, message](const Result<ReportPtr>& report) {
    if (!report) return try_later(message, report.error());
    if (*report) return write(*report);
    telling_.erase(message);
    more_failed_.erase(message);
  });
}

/// Nothing: there is no such message any more.
void Teller::read(MessageId message, const std::function<void(Result<ReportPtr>)>& take) {
  parts_.recorder.flush();  // what has become of its recipients by now belongs to it
  auto report = std::make_shared<Report>();
  auto found = std::make_shared<bool>(false);
  Committer::Operation operation;
  operation.run = [report, message, found](QueueStore& store) -> Result<void> {
    std::optional<Message> read = LBX_TRY(store.message(message, true));
    *found = read.has_value();
    if (read) report->message = *std::move(read);
    return {};
  };
  operation.done = [report, take, found](const Result<void>& result) {
    if (!result) return take(result.error());
    take(*found ? report : ReportPtr{});
  };
  if (const Result<void> posted = parts_.committer.post(std::move(operation)); !posted) {
    take(posted.error());
  }
}

void Teller::try_later(MessageId message, const Error& why) {
  parts_.log.warning("trouble injecting bounce message, will try later: " + why.what);
  telling_.erase(message);
  more_failed_.erase(message);
  waiting_.insert_or_assign(message,
                            parts_.loop.after(kTellAgain, [this, message] { tell(message); }));
}

Result<UniqueFd> Teller::body_of(const Message& message) {
  if (const auto* const spooled = std::get_if<SpoolBody>(&message.body)) {
    return parts_.spool.open_file(spooled->name);
  }
  return message_descriptor({}, std::get<InlineBody>(message.body).octets);
}

void Teller::write(const ReportPtr& report) {
  for (const Recipient& each : report->message.recipients) {
    if (each.state == State::Failed) report->failed.push_back(&each);
    if (each.state == State::Arrived) report->arrived.push_back(&each);
  }
  Result<std::vector<Incoming>> made = notices(*report);
  if (!made) return try_later(report->message.id, made.error());
  submit(report, std::move(made).value());
}

Result<std::vector<Incoming>> Teller::notices(Report& report) {
  const IsOurs is_ours = [this](std::string_view address) {
    NewRecipient asked;
    asked.address = address;
    return classify(*routes_, std::move(asked)).channel == Channel::Local;
  };
  const std::int64_t now = parts_.system.clock.now().seconds;
  std::vector<Notice> all;
  if (!report.failed.empty()) {
    Told told = failure_notices(report.message, report.failed, *settings_, is_ours, now);
    report.log = std::move(told.log);
    all = std::move(told.notices);
  }
  Told told = success_notices(report.message, report.arrived, *settings_, now);
  std::ranges::move(told.notices, std::back_inserter(all));
  return incoming(report, std::move(all));
}

Result<std::vector<Incoming>> Teller::incoming(Report& report, std::vector<Notice> notices) {
  std::vector<Incoming> made;
  if (!notices.empty()) report.body = LBX_TRY(body_of(report.message));
  for (Notice& each : notices) {
    report.kinds.push_back(each.report.kind);
    Incoming one = LBX_TRY(incoming(std::move(each), report.body.get()));
    made.push_back(std::move(one));
  }
  return made;
}

void Teller::delayed(MessageId message) {
  if (warning_.contains(message)) return;
  warning_.emplace(message, parts_.loop.after(kPatience, [this, message] { warn(message); }));
}

/// Where this fails, the next deferral does it.
void Teller::warn(MessageId message) {
  warning_.erase(message);
  ++warnings_under_way_;
  read(message, [this](const Result<ReportPtr>& report) {
    if (report && *report) return write_warning(*report);
    --warnings_under_way_;
  });
}

void Teller::write_warning(const ReportPtr& report) {
  const Message& message = report->message;
  const std::int64_t now = parts_.system.clock.now().seconds;
  for (const Recipient& each : message.recipients) {
    if (warns_of_delay(message, each, *settings_, now)) report->delayed.push_back(&each);
  }
  Told told =
      delay_notices(message, report->delayed, *settings_, message.envelope.born + lifetime_, now);
  Result<std::vector<Incoming>> made = incoming(*report, std::move(told.notices));
  if (!made || made->empty()) {
    --warnings_under_way_;
    return;
  }
  parts_.intake.post(
      std::move(made).value(),
      [report](QueueStore& store) { return store.told_of_delay(ids_of({&report->delayed})); },
      [this, report](const Result<std::vector<MessageId>>& notices) {
        --warnings_under_way_;
        if (notices) log_notices(*report);
      });
}

Result<Incoming> Teller::incoming(Notice notice, int original) {
  System& system = parts_.system;
  Incoming made;
  NewMessage& message = made.message;
  message.envelope = std::move(notice.envelope);
  message.envelope.uid = parts_.uid;
  message.envelope.pid = system.pid;
  message.envelope.born = system.clock.now().seconds;
  message.recipients.push_back(classify(*routes_, std::move(notice.recipient)));
  Writer writer{system.files, parts_.spool,
                received_line(kForBounce, system.pid, message.envelope.born)};
  LBX_TRY(write_report(system.files, system.randomness, notice.report, original,
                       [&](std::string_view more) { return writer.write(more); }));
  std::move(writer).give(made);
  return made;
}

void Teller::submit(const ReportPtr& report, std::vector<Incoming> notices) {
  const MessageId id = report->message.id;
  parts_.intake.post(
      std::move(notices),
      [report, id](QueueStore& store) -> Result<void> {
        LBX_TRY(store.told(ids_of({&report->failed, &report->arrived})));
        report->ended = LBX_TRY(store.end({&id, 1}));
        return {};
      },
      [this, report, id](const Result<std::vector<MessageId>>& bounces) {
        if (!bounces) return try_later(id, bounces.error());
        submitted(*report, *bounces);
      });
}

/// Messages that end without another bounce are not noticed here: hence the limit.
void Teller::count(MessageId message) {
  if (told_before_.size() >= parts_.most_counted) told_before_.clear();
  ++told_before_[message];
}

/// A program that reads qmail's log knows one kind.
void Teller::log_notices(const Report& report) {
  const MessageId id = report.message.id;
  for (const ReportKind kind : report.kinds) {
    if (kind == ReportKind::Delay || kind == ReportKind::Success) {
      parts_.log.note(
          (kind == ReportKind::Delay ? "delay notice of msg " : "success notice of msg ") +
          std::to_string(id));
    } else {
      parts_.log.bounce(id, parts_.system.pid);
    }
  }
}

void Teller::submitted(Report& report, const std::vector<MessageId>& bounces) {
  const MessageId id = report.message.id;
  telling_.erase(id);
  told_ += bounces.size();
  log_notices(report);
  if (!report.log.empty()) parts_.log.note(report.log);
  if (report.ended.empty()) {
    if (!report.failed.empty() || !report.arrived.empty()) count(id);
    if (more_failed_.erase(id) > 0) failed(id, parts_.live.find(id));
    return;
  }
  told_before_.erase(id);
  more_failed_.erase(id);
  parts_.log.end(id);
  if (const auto* const body = std::get_if<SpoolBody>(&report.message.body)) {
    parts_.recorder.condemn(body->name);
  }
}

}  // namespace lbx::queue
