// SPDX-License-Identifier: MIT
#include "queue/queued.h"

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <unordered_set>
#include <utility>

#include "core/base/signals.h"
#include "core/control/settings.h"
#include "queue/admission.h"

namespace lbx::queue {
namespace {

/// The wall clock may be set at any time: it is looked at again after so long at the latest.
constexpr std::int64_t kLongestNap = 60;

struct Word {
  std::string_view word;
  Change change;
};
constexpr Word kChanges[] = {{"delete", Change::Delete},
                             {"fail", Change::Fail},
                             {"hold", Change::Hold},
                             {"release", Change::Release},
                             {"retry", Change::Retry}};

std::optional<Change> change_of(std::string_view word) {
  const auto* const found = std::ranges::find(kChanges, word, &Word::word);
  return found == std::end(kChanges) ? std::nullopt : std::optional{found->change};
}

/// What a change has done, as its transaction found it.
struct Changed {
  std::vector<RecipientId> recipients;
  std::int64_t count{0};
  std::vector<MessageId> unfinished;
  struct Released {
    Waiting waiting;
    std::string destination;
  };
  std::vector<Released> released;
};

Result<void> carry_out(QueueStore& store, Change change, const std::string& text, std::int64_t now,
                       Changed& changed) {
  const std::size_t count = LBX_TRY(store.change(changed.recipients, change, now, text));
  changed.count = static_cast<std::int64_t>(count);
  changed.unfinished.clear();
  changed.released.clear();
  if (change == Change::Delete || change == Change::Fail) {
    changed.unfinished = LBX_TRY(store.unfinished());
  }
  if (change != Change::Release) return {};
  const std::unordered_set<RecipientId> chosen{changed.recipients.begin(),
                                               changed.recipients.end()};
  return store.lease([&](const Waiting& each) {
    if (!chosen.contains(each.recipient)) return;
    changed.released.push_back({each, std::string{each.destination}});
  });
}

/// Connections and messages are descriptors: as many as we may have. The value is that number.
std::size_t raise_descriptor_limit() {
  constexpr rlim_t kEnough = 16'384;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < kEnough) {
    limit.rlim_cur = std::min(limit.rlim_max, kEnough);
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  }
  return limit.rlim_cur;
}

}  // namespace

Result<QueueSettings> read_queue_settings(const control::ControlDirectory& control,
                                          const std::string& host_name, ReportForm fallback) {
  const auto number = [&](const control::Number& setting) { return control.get(setting); };
  QueueSettings out;
  out.limits.local = LBX_TRY(number(control::kConcurrencyLocal));
  out.limits.remote = LBX_TRY(number(control::kConcurrencyRemote));
  const std::uint64_t lifetime = LBX_TRY(number(control::kQueueLifetime));
  out.retry.lifetime = static_cast<std::int64_t>(lifetime);
  const std::uint64_t local = LBX_TRY(number(control::kRetryLocal));
  out.retry.local_step = static_cast<std::int64_t>(local);
  const std::uint64_t remote = LBX_TRY(number(control::kRetryRemote));
  out.retry.remote_step = static_cast<std::int64_t>(remote);
  out.in_flow.least = LBX_TRY(number(control::kAcceptLeast));
  out.routes = LBX_TRY(read_routes(control, host_name));
  out.bounces = LBX_TRY(read_bounce_settings(control, fallback));
  return out;
}

Queued::Queued(System& system, SpoolArea& spool, QueueSettings settings, ReadSettings read_settings,
               LogLines& log, uid_t uid, std::unique_ptr<EventLoop> loop,
               std::unique_ptr<Committer> committer, const std::string& store_id)
    : system_{system},
      spool_{spool},
      settings_{std::move(settings)},
      read_settings_{std::move(read_settings)},
      log_{log},
      loop_{std::move(loop)},
      committer_{std::move(committer)},
      scheduler_{settings_.limits},
      recorder_{*loop_, *committer_, spool, log,
                [this](wire::Order notes) { deliveries_.forget(std::move(notes)); }},
      loader_{system.clock, *loop_, *committer_, spool, live_, log, recorder_},
      intake_{system.clock, *committer_, spool, scheduler_, live_, log},
      teller_{{system, *loop_, *committer_, spool, live_, log, recorder_, intake_, uid}},
      deliveries_{system.clock,
                  scheduler_,
                  live_,
                  log,
                  store_id,
                  {[this](MessageId id, const auto& next, auto take) {
                     loader_.load(id, next, std::move(take));
                   },
                   [this](std::string order, OrderPipe::Message message, bool shared) {
                     local_->send(std::move(order), std::move(message), shared);
                   },
                   [this](std::string order, OrderPipe::Message message, bool shared) {
                     remote_->send(std::move(order), std::move(message), shared);
                   },
                   [this](Finished each) { finished(std::move(each)); }}} {
  use_settings();
}

Result<std::unique_ptr<Queued>> Queued::open(System& system, QueueStore& store, SpoolArea& spool,
                                             QueueSettings settings, ReadSettings read_settings,
                                             LogLines& log, uid_t uid) {
  const std::int64_t now = system.clock.now().seconds;
  std::unique_ptr<EventLoop> loop = LBX_TRY(EventLoop::open());
  Scheduler scheduler{settings.limits};
  LBX_TRY(store.lease([&](const Waiting& each) { scheduler.add(each, now); }));
  std::vector<MessageId> unfinished = LBX_TRY(store.unfinished());
  std::unique_ptr<Committer> committer = LBX_TRY(Committer::start(store, {}));
  std::unique_ptr<Queued> made{new Queued{system, spool, std::move(settings),
                                          std::move(read_settings), log, uid, std::move(loop),
                                          std::move(committer), store.id()}};
  made->scheduler_ = std::move(scheduler);
  made->unfinished_ = std::move(unfinished);
  return made;
}

void Queued::use_settings() {
  scheduler_.set_limits(settings_.limits);
  deliveries_.set_schedule(settings_.retry);
  in_flow_.set_limits(settings_.in_flow);
  teller_.use(settings_.bounces, settings_.routes, settings_.retry.lifetime);
}

Result<void> Queued::open_pipes(QueueDoors& doors) {
  constexpr std::string_view kLost = "oh no! lost spawn connection! dying...";
  local_ = LBX_TRY(OrderPipe::open(
      system_.files, *loop_, std::move(doors.local),
      [this](std::string_view bytes) { deliveries_.take_local_answer(bytes); },
      [this, kLost] { lost(kLost); }));
  remote_ = LBX_TRY(OrderPipe::open(
      system_.files, *loop_, std::move(doors.remote),
      [this](std::string_view bytes) { deliveries_.take_remote_answer(bytes); },
      [this, kLost] { lost(kLost); }));
  return {};
}

Result<void> Queued::serve(QueueDoors doors, DoorUsers users) {
  LBX_TRY(open_pipes(doors));
  const std::size_t descriptors = raise_descriptor_limit();
  DoorLimits limits;
  limits.connections = std::min(limits.connections, descriptors / 2);
  limits.connections_per_user = std::min(limits.connections_per_user, limits.connections / 2);
  live_ = LiveMessages{{.messages = std::min(LiveMessages::Limits{}.messages, descriptors / 4)}};
  door_ = LBX_TRY(
      Door::open(*loop_, system_.clock, std::move(doors.door), limits, std::move(users),
                 {[this](Submission each, const auto& answer) { submit(std::move(each), answer); },
                  [this](const std::string& head) { return spool_.create(head); },
                  [this](const auto& request, const auto& answer) { change(request, answer); },
                  [this] { return counters(); }}));
  const int signals = doors.signals.get();
  LBX_TRY(loop_->watch(signals, EventLoop::Interest::Read, [=, this] { take_signals(signals); }));
  LBX_TRY(loop_->watch(committer_->ready_fd(), EventLoop::Interest::Read,
                       [this] { committer_->finish(); }));
  loop_->each_turn([this] { end_of_turn(); });
  log_.status(deliveries_.status());
  for (const MessageId each : std::exchange(unfinished_, {})) teller_.finish(each);
  end_of_turn();
  Result<void> ran = loop_->run();
  door_.reset();
  committer_->drain();
  if (ran && !failure_) log_.exiting();
  log_.flush();
  if (failure_) return *failure_;
  return ran;
}

void Queued::take_signals(int signals) {
  while (const int signal = next_signal(signals)) {
    if (signal == SIGALRM) {
      scheduler_.all_due(system_.clock.now().seconds);
    } else if (signal == SIGHUP) {
      Result<QueueSettings> read = read_settings_();
      if (!read) {
        log_.alert("unable to reread controls: " + read.error().what);
        continue;
      }
      settings_ = std::move(read).value();
      use_settings();
    } else {
      draining_ = true;
      deliveries_.drain();
    }
  }
}

void Queued::end_of_turn() {
  // What is being changed must not begin before the store knows: it would be bounced and delivered.
  if (!recorder_.stuck() && changing_ == 0) deliveries_.start();
  arm_in_flow();
  recorder_.flush();
  arm_timer();
  log_.flush();
  // What the store does not take now is delivered again by the next process, which recognises it.
  const bool recorded = recorder_.idle() || recorder_.stuck();
  if (draining_ && recorded && deliveries_.idle() && in_flow_.held() == 0 && intake_.idle() &&
      teller_.idle() && recorder_.tidy()) {
    loop_->stop();
  }
}

void Queued::arm_timer() {
  const std::optional<std::int64_t> next = scheduler_.next_time();
  if (next == timer_for_) return;
  loop_->cancel(timer_);
  timer_for_ = next;
  if (!next) return;
  const std::int64_t left = *next - system_.clock.now().seconds;
  timer_ = loop_->after(std::chrono::seconds{std::clamp<std::int64_t>(left, 1, kLongestNap)},
                        [this] { timer_for_.reset(); });
}

InFlow::Load Queued::load_now() const {
  InFlow::Load load{0, deliveries_.counters().begun};
  // Where none begins at all there is nothing to make way for.
  if (!draining_ && scheduler_.limits().local > 0) load.due = scheduler_.due(Channel::Local);
  return load;
}

void Queued::arm_in_flow() {
  if (in_flow_ticks_ || !in_flow_.pacing()) return;
  in_flow_ticks_ = true;
  loop_->after(InFlow::kInterval, [this] {
    in_flow_ticks_ = false;
    in_flow_.tick(load_now());
  });
}

void Queued::lost(std::string_view what) {
  log_.alert(what);
  failure_ = Error::later("a process of the queue has ended");
  loop_->stop();
}

void Queued::submit(Submission submission, const DoorActions::Answer& answer) {
  Incoming incoming;
  incoming.message = admit(settings_.routes, std::move(submission.envelope), submission.uid,
                           submission.pid, system_.clock.now().seconds);
  if (submission.spool) {
    incoming.spool = std::move(submission.spool);
    incoming.head = std::move(submission.head);
  } else {
    incoming.message.envelope.size = submission.head.size() + submission.octets.size();
    incoming.message.body = InlineBody{std::move(submission.head) + submission.octets};
  }
  auto held = std::make_shared<Incoming>(std::move(incoming));
  in_flow_.submit([this, held, answer] { take_in(std::move(*held), answer); }, load_now());
}

void Queued::take_in(Incoming incoming, const DoorActions::Answer& answer) {
  const auto taken = [this, answer](const Result<std::vector<MessageId>>& ids) {
    if (ids) return answer(ids->front());
    log_.warning("unable to take a message: " + ids.error().what);
    answer(Error::later("the queue cannot take the message now (#4.3.0)"));
  };
  std::vector<Incoming> all;
  all.push_back(std::move(incoming));
  intake_.post(std::move(all), nullptr, taken);
}

void Queued::change(const wire::ChangeRequest& request, const DoorActions::Answer& answer) {
  const std::optional<Change> what = change_of(request.change);
  if (!what) return answer(Error::never("no such change"));
  auto changed = std::make_shared<Changed>();
  // What is being delivered comes to its end first.
  std::ranges::copy_if(request.recipients, std::back_inserter(changed->recipients),
                       [this](RecipientId each) { return !deliveries_.has(each); });
  recorder_.flush();
  Committer::Operation operation;
  operation.durability = Durability::Now;
  operation.run = [changed, what = *what, text = request.text, now = system_.clock.now().seconds](
                      QueueStore& store) { return carry_out(store, what, text, now, *changed); };
  operation.done = [this, changed, what = *what, answer](const Result<void>& result) {
    --changing_;
    if (!result) return answer(result.error());
    const std::int64_t now = system_.clock.now().seconds;
    const std::unordered_set<RecipientId> chosen{changed->recipients.begin(),
                                                 changed->recipients.end()};
    if (what == Change::Retry) {
      scheduler_.hurry([&](RecipientId each) { return chosen.contains(each); }, now);
    } else if (what == Change::Release) {
      for (Changed::Released& each : changed->released) {
        each.waiting.destination = each.destination;
        scheduler_.add(each.waiting, now);
      }
    } else {
      std::unordered_set<RecipientId> removed;
      scheduler_.remove(
          [&](RecipientId each) { return chosen.contains(each) && removed.insert(each).second; });
      live_.forget(removed);
    }
    for (const MessageId each : changed->unfinished) teller_.finish(each);
    answer(changed->count);
  };
  ++changing_;
  if (const Result<void> posted = committer_->post(std::move(operation)); !posted) {
    --changing_;
    answer(posted.error());
  }
}

std::string Queued::counters() const {
  const DeliveryCounters& deliveries = deliveries_.counters();
  const Committer::Counters commits = committer_->counters();
  const LogStatus status = deliveries_.status();
  std::string out;
  const auto add = [&](const char* name, std::uint64_t value) {
    out += name;
    out += '=' + std::to_string(value) + '\n';
  };
  add("accepted", intake_.accepted());
  add("begun", deliveries.begun);
  add("delivered", deliveries.delivered);
  add("deferred", deliveries.deferred);
  add("failed", deliveries.failed);
  add("bounces", teller_.told());
  add("waiting", scheduler_.waiting());
  add("local", status.local);
  add("remote", status.remote);
  add("connections", door_ ? door_->connections() : 0);
  add("transactions", commits.transactions);
  add("flushes", commits.flushes);
  add("commit_errors", commits.failed);
  return out;
}

/// Once for each recipient, as far as is remembered here: the store knows it for sure.
bool Queued::is_long_delayed(const Finished& each) const {
  const BounceSettings& settings = settings_.bounces;
  LiveRecipient* const recipient = each.live ? each.live->find(each.outcome.recipient) : nullptr;
  if (recipient == nullptr || recipient->told_of_delay ||
      each.outcome.tried - each.live->envelope.born < settings.delay_warning) {
    return false;
  }
  recipient->told_of_delay = true;
  return hears_of_delay(each.live->envelope, recipient->notify, settings);
}

void Queued::finished(Finished each) {
  const State state = each.outcome.state;
  const MessageId message = each.message;
  const LivePtr live = each.live;
  if (live && state != State::Waiting && live->open > 0) --live->open;
  const bool to_be_told = state == State::Failed || state == State::Arrived;
  if (live && to_be_told) live->to_be_told = true;
  const bool last = live && live->open == 0 && state != State::Waiting;
  each.last = last && !live->to_be_told;
  if (state == State::Waiting && is_long_delayed(each)) teller_.delayed(message);
  recorder_.add(std::move(each));
  if (to_be_told || (last && live->to_be_told)) {
    teller_.failed(message, live);
  }
}

}  // namespace lbx::queue
