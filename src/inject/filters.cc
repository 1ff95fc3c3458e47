// SPDX-License-Identifier: MIT
#include "inject/filters.h"

#include <unistd.h>

#include <cstdio>
#include <optional>
#include <utility>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/date.h"
#include "core/message/spool.h"
#include "inject/child_program.h"
#include "inject/complain.h"
#include "inject/input.h"

namespace lbx::inject {
namespace {

// qmail-command(8).
constexpr int kDone = 0;
constexpr int kDoneStopHere = 99;
constexpr int kNever = 100;
constexpr int kLater = 111;

/// What the program of a condition says: 0 is yes, 111 is an error, all else is no.
Result<bool> condition(System& system, const Arguments& words) {
  const int code = LBX_TRY(run_words(system, words));
  if (code == kLater) return Error::later("temporary child error");
  return code == 0;
}

void say_queued(const char* program, pid_t queue_program) {
  std::fprintf(stderr, "%s: qp %d\n", program, static_cast<int>(queue_program));
}

std::string date_field(System& system) {
  const std::int64_t now = system.clock.now().seconds;
  // Who runs predate asks for the local zone, also where it is UTC.
  return "Date: " + format_rfc822(now, {zone_of(now).offset, true}) + '\n';
}

/// With commas: behind a blank, `Joe <joe@example.org>` would make a name of the one before it.
std::string joined(const Arguments& words, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < words.size(); ++i) {
    if (i > first) out += ", ";
    out += words[i];
  }
  return out;
}

}  // namespace

Arguments arguments_of(int argc, char** argv) {
  return argc > 1 ? Arguments{argv + 1, argv + argc} : Arguments{};
}

Result<std::string> delivery_variable(const System& system, const std::string& name) {
  std::optional<std::string> value = lookup(system.environment, name);
  if (!value) return Error::never(name + " not set");
  return *std::move(value);
}

Result<pid_t> queue_input(System& system, const std::string& head, const wire::Envelope& envelope) {
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(system, system.environment));
  queue.write(head);
  const Result<bool> read = read_input(system, [&queue](std::string_view bytes) -> Result<bool> {
    queue.write(bytes);
    return true;
  });
  if (!read) queue.abandon();
  return std::move(queue).finish(envelope);
}

Result<int> forward(System& system, const Arguments& arguments) {
  const std::string sender = LBX_TRY(delivery_variable(system, "NEWSENDER"));
  const std::string head = LBX_TRY(delivery_variable(system, "DTLINE"));
  const pid_t queued = LBX_TRY(queue_input(system, head, {sender, arguments}));
  say_queued("forward", queued);
  return kDone;
}

Result<int> condredirect(System& system, const Arguments& arguments) {
  if (arguments.size() < 2) return usage("condredirect", "newaddress program [ arg ... ]");
  const std::string sender = LBX_TRY(delivery_variable(system, "SENDER"));
  const std::string head = LBX_TRY(delivery_variable(system, "DTLINE"));
  const bool redirect = LBX_TRY(condition(system, {arguments.begin() + 1, arguments.end()}));
  if (!redirect) return kDone;
  LBX_TRY(rewind(STDIN_FILENO));  // the program has read some of it
  const pid_t queued = LBX_TRY(queue_input(system, head, {sender, {arguments.front()}}));
  say_queued("condredirect", queued);
  return kDoneStopHere;
}

Result<int> bouncesaying(System& system, const Arguments& arguments) {
  if (arguments.empty()) return usage("bouncesaying", "error [ program [ arg ... ] ]");
  if (arguments.size() > 1) {
    const bool bounce = LBX_TRY(condition(system, {arguments.begin() + 1, arguments.end()}));
    if (!bounce) return kDone;
  }
  LBX_TRY(write_all(system.files, STDERR_FILENO, arguments.front() + '\n'));
  return kNever;
}

Result<int> except(System& system, const Arguments& arguments) {
  if (arguments.empty()) return usage("except", "program [ arg ... ]");
  const bool held = LBX_TRY(condition(system, arguments));
  return held ? kNever : kDone;
}

Result<int> preline(System& system, int argc, char** argv) {
  static constexpr const char* kSynopsis = "[ -frdFRD ] command [ arg ... ]";
  std::string left_out;
  for (int option = 0; (option = ::getopt(argc, argv, "+:frdFRD")) != -1;) {
    if (option == ':' || option == '?') {
      complain_about_option("preline", option);
      return usage("preline", kSynopsis);
    }
    const char letter = ascii::lower(static_cast<char>(option));
    std::erase(left_out, letter);
    if (letter == option) left_out += letter;
  }
  Result<std::string> from = delivery_variable(system, "UFLINE");
  Result<std::string> path = delivery_variable(system, "RPLINE");
  Result<std::string> to = delivery_variable(system, "DTLINE");
  // All three have to be there, also the one that is left out (CONTRACT 1.21).
  if (optind >= argc || !from || !path || !to) return usage("preline", kSynopsis);

  std::string head;
  if (left_out.find('f') == std::string::npos) head += *from;
  if (left_out.find('r') == std::string::npos) head += *path;
  if (left_out.find('d') == std::string::npos) head += *to;
  return feed(system, system.environment, {argv + optind, argv + argc}, head);
}

Result<int> predate(System& system, const Arguments& arguments) {
  if (arguments.empty()) return usage("predate", "command [ arg ... ]");
  return feed(system, system.environment, arguments, date_field(system));
}

Result<int> datemail(System& system, const Arguments& arguments) {
  const std::string sendmail = LBX_TRY(companion(system, "sendmail"));
  Arguments words{sendmail};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return feed(system, system.environment, words, date_field(system));
}

Result<int> mailsubj(System& system, const Arguments& arguments) {
  if (arguments.size() < 2) return usage("mailsubj", "subject recipient ...");
  const std::string program = LBX_TRY(companion(system, "qmail-inject"));
  // A line end in an argument would begin another field, or the body.
  const std::string subject = ascii::replace(arguments.front(), '\n', ' ');
  const std::string to = ascii::replace(joined(arguments, 1), '\n', ' ');
  return feed(system, system.environment, {program, "-h"},
              "Subject: " + subject + "\nTo: " + to + "\n\n");
}

}  // namespace lbx::inject
