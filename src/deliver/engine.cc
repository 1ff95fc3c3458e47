// SPDX-License-Identifier: MIT
#include "deliver/engine.h"

#include <algorithm>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/line_scanner.h"
#include "deliver/executors.h"
#include "deliver/hook.h"

namespace lbx::deliver {
namespace {

using dotqmail::ToAddress;
using dotqmail::ToMaildir;
using dotqmail::ToMbox;
using dotqmail::ToProgram;

/// Whether the header has our own Delivered-To line, in any case: another spelling of the same
/// mailbox is the same loop. The header ends at the first empty line, and only there.
Result<bool> is_looping(FileOps& files, int message, const std::string& delivered_to) {
  LineScanner lines{delivered_to.size() + 1};
  bool found = false;
  const Result<void> read = for_each_chunk(files, message, [&](std::string_view bytes) {
    const bool more = lines.feed(bytes, [&](const ScannedLine& line) {
      found = line.whole() && ascii::equal_fold(line.text, delivered_to);
      return !found && line.text != "\n";
    });
    if (!more) return Result<void>{Error::later("enough")};
    return Result<void>{};
  });
  if (!read && read.error().os_error != 0) return read.error();
  return found;
}

/// One run over the lines of a plan.
class Run {
 public:
  Run(const Context& context, Outcome& outcome) : context_{context}, outcome_{&outcome} {}

  Report lines() {
    for (const dotqmail::Step& step : context_.plan.script.steps) {
      if (!step.instruction) continue;
      context_.line = step.line;
      Report report = line(step);
      if (!report.done() || report.stop) return report;
    }
    const std::optional<dotqmail::Fault>& fault = context_.plan.script.fault;
    return fault ? mistake_report(fault->mistake) : Report{};
  }

  Report forwards() {
    if (addresses_.empty() || context_.settings.pretend) return {};
    if (context_.attempt == nullptr) return to_addresses(context_, addresses_, outcome_->queued);
    std::string all = context_.plan.new_sender;
    for (const std::string& each : addresses_) (all += '\n') += each;
    key_ = attempt_key(0, all);
    if (context_.attempt->note(key_).done) return {};
    return noted(to_addresses(context_, addresses_, outcome_->queued));
  }

  Report operator()(const ToMaildir& to) {
    ++outcome_->counts.files;
    return pretended("maildir ", to.path) ? Report{} : to_maildir(context_, to.path);
  }
  Report operator()(const ToMbox& to) {
    ++outcome_->counts.files;
    return pretended("mbox ", to.path) ? Report{} : to_mbox(context_, to.path, key_);
  }
  Report operator()(const ToProgram& to) {
    ++outcome_->counts.programs;
    return pretended("program ", to.command) ? Report{} : to_program(context_, to.command);
  }
  Report operator()(const ToAddress& to) {
    ++outcome_->counts.forwards;
    pretended("forward ", to.address);
    addresses_.push_back(to.address);
    return {};
  }

 private:
  /// What the notes say has been done is only counted.
  Report line(const dotqmail::Step& step) {
    if (context_.attempt == nullptr || std::holds_alternative<ToAddress>(*step.instruction)) {
      return std::visit(*this, *step.instruction);
    }
    key_ = attempt_key(step.line, step.text);
    const std::optional<int> done = context_.attempt->note(key_).done;
    if (!done) return noted(std::visit(*this, *step.instruction));
    const bool program = std::holds_alternative<ToProgram>(*step.instruction);
    ++(program ? outcome_->counts.programs : outcome_->counts.files);
    Report report;
    report.stop = *done == kDoneStop;
    return report;
  }

  Report noted(Report report) {
    if (report.done()) {
      context_.attempt->done(key_, report.stop ? kDoneStop : 0);
    }
    return report;
  }

  bool pretended(const char* what, const std::string& where) const {
    if (context_.settings.pretend) context_.settings.say(what + where);
    return context_.settings.pretend;
  }

  Context context_;
  Outcome* outcome_;
  std::vector<std::string> addresses_;
  std::string key_;  // of the line under way
};

/// Whether there is something that must not happen twice and can be known to have happened. A
/// Maildir needs no notes: the name of the file says it.
bool needs_notes(const Plan& plan, const Settings& settings) {
  if (settings.attempt.empty() || settings.pretend) return false;
  return std::ranges::any_of(plan.script.steps, [](const dotqmail::Step& step) {
    return step.instruction && (std::holds_alternative<ToMbox>(*step.instruction) ||
                                std::holds_alternative<ToAddress>(*step.instruction));
  });
}

/// Whether a Maildir is all there is to do: nothing comes after it that relies on it.
bool is_one_maildir(const dotqmail::Script& script) {
  const auto has_instruction = [](const dotqmail::Step& step) { return bool{step.instruction}; };
  const auto first = std::ranges::find_if(script.steps, has_instruction);
  return !script.fault && std::ranges::count_if(script.steps, has_instruction) == 1 &&
         std::holds_alternative<ToMaildir>(*first->instruction);
}

Outcome ended(Report report) {
  return {std::move(report), {}, {}, false};
}

}  // namespace

Outcome deliver(System& system, const Request& request, const Settings& settings, int message) {
  const Home home = open_home(system.files, request.home);
  if (home.refusal) return ended(*home.refusal);
  if (home.sticky) {
    if (!settings.pretend) return ended(sticky_home());
    settings.say("Warning: home directory is sticky.");
  }
  if (!settings.pretend) {
    const Result<bool> looping =
        is_looping(system.files, message, dotqmail::envelope_lines(request, {}).delivered_to);
    if (!looping) return ended(Report::failed("Unable to read message. (#4.3.0)", looping.error()));
    if (*looping) {
      return ended(
          Report::never("This message is looping: it already has my Delivered-To line. (#5.4.6)"));
    }
  }
  const Plan plan = make_plan(system, home.directory.get(), request, settings);
  if (plan.refusal) return ended(*plan.refusal);

  std::optional<Attempt> notes;
  if (needs_notes(plan, settings)) {
    Result<std::optional<Attempt>> opened =
        Attempt::open(system, home.directory.get(), settings.attempt, request);
    if (!opened) return ended(Report::failed("Unable to use notes. (#4.3.0)", opened.error()));
    notes = std::move(opened).value();
  }
  std::vector<std::string> placed;
  Outcome outcome;
  outcome.noted = notes.has_value();
  Run run{{system, settings, plan, home.directory.get(), message, 0, &placed,
           notes ? &*notes : nullptr, settings.settle_later && is_one_maildir(plan.script)},
          outcome};
  outcome.report = run.lines();
  if (outcome.report.done()) outcome.report = run.forwards();
  run_hook(system, settings, plan, home.directory.get(), placed);
  return outcome;
}

}  // namespace lbx::deliver
