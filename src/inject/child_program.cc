// SPDX-License-Identifier: MIT
#include "inject/child_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/base/path.h"
#include "inject/input.h"

namespace lbx::inject {
namespace {

constexpr int kCannotBeStarted = 111;
constexpr int kCannotBeFound = 100;
constexpr std::string_view kDefaultPath = "/bin:/usr/bin";  // confstr(_CS_PATH)

bool is_executable(System& system, const std::string& path) {
  const Result<struct stat> status = system.files.stat_at(AT_FDCWD, path, 0);
  return status && S_ISREG(status->st_mode) && ::access(path.c_str(), X_OK) == 0;
}

Error no_program(const std::string& name) {
  return Error::never("unable to run " + name + ": no such executable file");
}

Result<int> code_of(const ExitStatus& status) {
  if (status.crashed) return Error::later("child crashed");
  return status.code;
}

std::string own_folder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return ".";
  return split_path({path.data(), static_cast<std::size_t>(size)}).parent;
}

/// A reader that has gone is no failure of ours: it may not want the rest.
Result<void> pour(System& system, int pipe, std::string_view head) {
  const auto give = [&](std::string_view bytes) -> Result<bool> {
    const Result<void> written = write_all(system.files, pipe, bytes);
    if (written) return true;
    if (written.error().os_error == EPIPE) return false;
    return written.error();
  };
  const bool wanted = LBX_TRY(give(head));
  if (wanted) LBX_TRY(read_input(system, give));
  return {};
}

}  // namespace

Result<std::string> find_program(System& system, const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (is_executable(system, name)) return name;
    return no_program(name);
  }
  const std::string path = lookup(system.environment, "PATH").value_or(std::string{kDefaultPath});
  for (const std::string_view folder : ascii::split(path, ':')) {
    std::string candidate{folder.empty() ? "." : folder};
    (candidate += '/') += name;
    if (is_executable(system, candidate)) return candidate;
  }
  return no_program(name);
}

Result<std::string> companion(System& system, const std::string& name) {
  const std::string installed = mail_home(system.environment) + "/bin/" + name;
  if (is_executable(system, installed)) return installed;
  return find_program(system, own_folder() + '/' + name);
}

Error become_program(const Environment& environment, const std::vector<std::string>& words) {
  std::vector<std::string> texts = words;
  for (const auto& [name, value] : environment) (texts.emplace_back(name) += '=') += value;
  std::vector<char*> argv;
  std::vector<char*> envp;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    (i < words.size() ? argv : envp).push_back(texts[i].data());
  }
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  restore_write_signals();
  ::execve(argv.front(), argv.data(), envp.data());
  return Error::from_errno(errno, "unable to run " + words.front());
}

Result<int> run_words(System& system, const std::vector<std::string>& words) {
  const Result<std::string> program = find_program(system, words.front());
  if (!program) return kCannotBeFound;
  Command command{words, system.environment};
  command.argv.front() = *program;
  command.exec_failed = kCannotBeStarted;
  Child child = LBX_TRY(spawn(command));
  const ExitStatus status = LBX_TRY(std::move(child).wait());
  return code_of(status);
}

Result<int> feed(System& system, const Environment& environment,
                 const std::vector<std::string>& words, std::string_view head) {
  Command command{words, environment};
  command.argv.front() = LBX_TRY(find_program(system, words.front()));
  command.exec_failed = kCannotBeStarted;
  Pipe pipe = LBX_TRY(make_pipe());
  command.redirections = {{pipe.read_end.get(), STDIN_FILENO}};
  Child child = LBX_TRY(spawn(command));
  pipe.read_end.reset();
  const Result<void> poured = pour(system, pipe.write_end.get(), head);
  // Before the pipe ends, or it would take what it has for the whole message.
  if (!poured) static_cast<void>(::kill(child.pid(), SIGTERM));
  pipe.write_end.reset();
  const ExitStatus status = LBX_TRY(std::move(child).wait());
  LBX_TRY(poured);
  return code_of(status);
}

}  // namespace lbx::inject
