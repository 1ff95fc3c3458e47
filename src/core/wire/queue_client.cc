// SPDX-License-Identifier: MIT
#include "core/wire/queue_client.h"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "core/base/io.h"
#include "core/base/mail_home.h"

namespace lbx::wire {
namespace {

constexpr int kExecFailed = 120;
constexpr int kReadError = 54;
constexpr int kNoHome = 61;
constexpr int kErrorDescriptor = 6;

struct Meaning {
  int first;
  int last;
  std::string_view text;  // with the letter
};

/// CONTRACT 0.8, in that order: the first row that fits counts.
constexpr std::array kMeanings{
    Meaning{11, 11, "Denvelope address too long for qq (#5.1.3)"},
    Meaning{115, 115, "Denvelope address too long for qq (#5.1.3)"},
    Meaning{31, 31, "Dmail server permanently rejected message (#5.3.0)"},
    Meaning{51, 51, "Zqq out of memory (#4.3.0)"},
    Meaning{52, 52, "Zqq timeout (#4.3.0)"},
    Meaning{53, 53, "Zqq write error or disk full (#4.3.0)"},
    Meaning{kReadError, kReadError, "Zqq read error (#4.3.0)"},
    Meaning{55, 55, "Zqq unable to read configuration (#4.3.0)"},
    Meaning{56, 56, "Zqq trouble making network connection (#4.3.0)"},
    Meaning{kNoHome, kNoHome, "Zqq trouble in home directory (#4.3.0)"},
    Meaning{62, 66, "Zqq trouble creating files in queue (#4.3.0)"},
    Meaning{71, 71, "Zmail server temporarily rejected message (#4.3.0)"},
    Meaning{72, 72, "Zconnection to mail server timed out (#4.4.1)"},
    Meaning{73, 73, "Zconnection to mail server rejected (#4.4.1)"},
    Meaning{74, 74, "Zcommunication with mail server failed (#4.4.2)"},
    Meaning{81, 81, "Zqq internal bug (#4.3.0)"},
    Meaning{91, 91, "Zqq internal bug (#4.3.0)"},
    Meaning{kExecFailed, kExecFailed, "Zunable to exec qq (#4.3.0)"},
    Meaning{11, 40, "Dqq permanent problem (#5.3.0)"},
};

std::string_view text_of(int code) {
  const auto* const found = std::ranges::find_if(
      kMeanings, [code](const Meaning& row) { return row.first <= code && code <= row.last; });
  return found == kMeanings.end() ? "Zqq temporary problem (#4.3.0)" : found->text;
}

Error failure(std::string_view text) {
  const std::string rest{text.substr(1)};
  return text.starts_with('D') ? Error::never(rest) : Error::later(rest);
}

/// 82 is notqmail's code for "I have said why", 88 that of other forks (CONTRACT 8, row 30).
bool speaks_for_itself(int code, std::string_view text) {
  return (code == 82 || code == 88) && text.size() > 2 && (text[0] == 'D' || text[0] == 'Z');
}

std::string queue_program(const Environment& environment) {
  const std::optional<std::string> named = lookup(environment, "QMAILQUEUE");
  return named ? *named : "bin/qmail-queue";
}

}  // namespace

Result<void> queue_result(ExitStatus status, std::string_view text) {
  if (status.crashed) return failure("Zqq crashed (#4.3.0)");
  if (status.code == 0) return {};
  if (speaks_for_itself(status.code, text)) return failure(text);
  return failure(text_of(status.code));
}

Result<QueueSubmission> QueueSubmission::open(System& system, const Environment& environment) {
  Pipe message = LBX_TRY(make_pipe());
  Pipe envelope = LBX_TRY(make_pipe());
  Pipe text = LBX_TRY(make_pipe());

  const std::string home = mail_home(environment);
  const Result<UniqueFd> directory = system.files.open_at(AT_FDCWD, home, O_PATH | O_DIRECTORY);
  if (!directory) return failure(text_of(kNoHome));

  Command command{{queue_program(environment)}, environment};
  command.redirections = {{message.read_end.get(), 0},
                          {envelope.read_end.get(), 1},
                          {text.write_end.get(), kErrorDescriptor}};
  command.directory = directory->get();
  command.exec_failed = kExecFailed;
  Child child = LBX_TRY(spawn(command));
  return QueueSubmission{system, std::move(child), std::move(message.write_end),
                         std::move(envelope.write_end), std::move(text.read_end)};
}

void QueueSubmission::write(std::string_view bytes) {
  put(message_, bytes);
}

void QueueSubmission::put(const UniqueFd& pipe, std::string_view bytes) {
  if (!failed_ && !write_all(system_->files, pipe.get(), bytes)) failed_ = true;
}

Result<pid_t> QueueSubmission::finish(const Envelope& envelope) && {
  using namespace std::string_literals;
  message_.reset();
  std::string text = 'F' + envelope.sender + "\0"s;
  for (const std::string& each : envelope.recipients) text += 'T' + each + "\0"s;
  text += '\0';
  put(envelope_, text);
  envelope_.reset();

  std::string said;
  const pid_t pid = child_.pid();
  ExitStatus status =
      LBX_TRY(std::move(child_).wait(system_->files, std::move(text_), [&](std::string_view more) {
        said += more.substr(0, kMaxQueueText - std::min(kMaxQueueText, said.size()));
      }));
  // The envelope was never whole: a queue program that says yes to that has not read it.
  if (failed_ && !status.crashed && status.code == 0) status.code = kReadError;
  LBX_TRY(queue_result(status, said));
  return pid;
}

}  // namespace lbx::wire
