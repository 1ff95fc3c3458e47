// SPDX-License-Identifier: MIT
#include "queue/teller.h"

#include <algorithm>
#include <utility>

#include "core/base/io.h"
#include "core/wire/queue_door.h"
#include "queue/received.h"

namespace lbx::queue {
namespace {

constexpr std::chrono::seconds kTryAgain{60};
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

}  // namespace

struct Teller::Report {
  Message message;
  std::vector<const Recipient*> failed;
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
  parts_.recorder.flush();  // what has failed by now belongs to it
  auto report = std::make_shared<Report>();
  auto found = std::make_shared<bool>(false);
  Committer::Operation operation;
  operation.run = [report, message, found](QueueStore& store) -> Result<void> {
    std::optional<Message> read = LBX_TRY(store.message(message, true));
    *found = read.has_value();
    if (read) report->message = *std::move(read);
    return {};
  };
  operation.done = [this, report, message, found](const Result<void>& result) {
    if (!result) return try_later(message, result.error());
    if (*found) return write(report);
    telling_.erase(message);
  };
  if (const Result<void> posted = parts_.committer.post(std::move(operation)); !posted) {
    try_later(message, posted.error());
  }
}

void Teller::try_later(MessageId message, const Error& why) {
  parts_.log.warning("trouble injecting bounce message, will try later: " + why.what);
  telling_.erase(message);
  more_failed_.erase(message);
  waiting_.insert_or_assign(message,
                            parts_.loop.after(kTryAgain, [this, message] { tell(message); }));
}

Result<UniqueFd> Teller::body_of(const Message& message) {
  if (const auto* const spooled = std::get_if<SpoolBody>(&message.body)) {
    return parts_.spool.open_file(spooled->name);
  }
  return message_descriptor({}, std::get<InlineBody>(message.body).octets);
}

void Teller::write(const std::shared_ptr<Report>& report) {
  for (const Recipient& each : report->message.recipients) {
    if (each.state == State::Failed) report->failed.push_back(&each);
  }
  Result<std::vector<Incoming>> made = notices(*report);
  if (!made) return try_later(report->message.id, made.error());
  submit(report, std::move(made).value());
}

Result<std::vector<Incoming>> Teller::notices(Report& report) {
  std::vector<Incoming> made;
  if (report.failed.empty()) return made;
  const IsOurs is_ours = [this](std::string_view address) {
    NewRecipient asked;
    asked.address = address;
    return classify(*routes_, std::move(asked)).channel == Channel::Local;
  };
  Told told = failure_notices(report.message, report.failed, *settings_, is_ours,
                              parts_.system.clock.now().seconds);
  report.log = std::move(told.log);
  if (!told.notices.empty()) report.body = LBX_TRY(body_of(report.message));
  for (Notice& each : told.notices) {
    Incoming one = LBX_TRY(incoming(std::move(each), report.body.get()));
    made.push_back(std::move(one));
  }
  return made;
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

void Teller::submit(const std::shared_ptr<Report>& report, std::vector<Incoming> notices) {
  const MessageId id = report->message.id;
  parts_.intake.post(
      std::move(notices),
      [report, id](QueueStore& store) -> Result<void> {
        std::vector<RecipientId> recipients;
        for (const Recipient* const each : report->failed) recipients.push_back(each->id);
        LBX_TRY(store.told(recipients));
        report->ended = LBX_TRY(store.end({&id, 1}));
        return {};
      },
      [this, report, id](const Result<std::vector<MessageId>>& bounces) {
        if (!bounces) return try_later(id, bounces.error());
        submitted(*report, *bounces);
      });
}

void Teller::submitted(Report& report, const std::vector<MessageId>& bounces) {
  const MessageId id = report.message.id;
  telling_.erase(id);
  told_ += bounces.size();
  for (std::size_t i = 0; i < bounces.size(); ++i) parts_.log.bounce(id, parts_.system.pid);
  if (!report.log.empty()) parts_.log.note(report.log);
  if (report.ended.empty()) {
    if (!report.failed.empty()) ++told_before_[id];
    if (more_failed_.erase(id) > 0) failed(id, parts_.live.find(id));
    return;
  }
  told_before_.erase(id);
  parts_.log.end(id);
  if (const auto* const body = std::get_if<SpoolBody>(&report.message.body)) {
    parts_.recorder.condemn(body->name);
  }
}

}  // namespace lbx::queue
