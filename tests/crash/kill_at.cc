// SPDX-License-Identifier: MIT
// Runs a program and kills one process of it, and only that one, before its N-th system call. With
// N = 0 nothing is killed, and the calls are counted. Processes have roles, by who made them and
// what they run:
//   first    the program itself
//   remote, queue
//            its first and second child
//   user     what else it forks
//   NAME     what runs the program NAME; "sh" is what a line of a .qmail file runs, and its
//   children helper   what any other process forks
//
//   kill_at REPORT ROLE N PROGRAM [ARGUMENT...]
//
// REPORT gets a line "killed ROLE N" at that moment, or at the end lines "ROLE COUNT". The exit
// status is the program's, or 99.
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>

namespace {

constexpr int kBroken = 99;
constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
constexpr int kSystemCall = SIGTRAP | 0x80;

struct Process {
  std::string role;
  int children{0};
  bool runs_another{false};  // it was forked by us, and has called execve since
};

/// The process that thread `tid` belongs to; 0: it has gone.
pid_t process_of(pid_t tid) {
  std::ifstream status{"/proc/" + std::to_string(tid) + "/status"};
  for (std::string word; status >> word;) {
    if (word != "Tgid:") continue;
    pid_t found = 0;
    status >> found;
    return found;
  }
  return 0;
}

std::string program_of(pid_t process) {
  std::array<char, PATH_MAX> path{};
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  const std::string found{path.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  const std::string name = found.substr(found.rfind('/') + 1);
  return name == "dash" || name == "bash" || name == "busybox" ? "sh" : name;
}

class Tracer {
 public:
  Tracer(const char* report, std::string role, unsigned long at)
      : report_{report}, role_{std::move(role)}, at_{at} {}

  int run(char** command) {
    first_ = ::fork();
    if (first_ == 0) {
      ::raise(SIGSTOP);
      ::execvp(*command, command);
      ::_exit(kBroken);
    }
    // Seized processes have no SIGSTOP on its way to them when we end, by which they would stay.
    int status = 0;
    if (first_ < 0 || ::waitpid(first_, &status, WUNTRACED) != first_ || !WIFSTOPPED(status) ||
        ::ptrace(PTRACE_SEIZE, first_, nullptr, kOptions) != 0 || ::kill(first_, SIGCONT) != 0) {
      return kBroken;
    }
    processes_[first_].role = "first";
    threads_[first_] = first_;
    return loop();
  }

 private:
  int loop() {
    for (;;) {
      int status = 0;
      const pid_t tid = ::waitpid(-1, &status, __WALL);
      if (tid < 0 && errno == EINTR) continue;
      if (tid < 0) return kBroken;
      if (WIFSTOPPED(status)) {
        stopped(tid, status);
        continue;
      }
      threads_.erase(tid);
      release_early();
      if (tid != first_) continue;
      // Those that still run are let go, and end by themselves.
      if (at_ == 0) write_counts();
      return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }

  void stopped(pid_t tid, int status) {
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (!threads_.contains(tid)) {
      early_.insert(tid);  // until its parent tells of it
      if (over_) release_early();
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
               event == PTRACE_EVENT_CLONE) {
      born(tid);
      go_on(tid, 0);
    } else if (event == PTRACE_EVENT_EXEC) {
      Process& process = processes_[threads_[tid]];
      if (threads_[tid] != first_) process.role = program_of(tid);
      process.runs_another = true;
      go_on(tid, 0);
    } else if (signal == kSystemCall) {
      system_call(tid);
    } else {
      go_on(tid, event != 0 ? 0 : signal);
    }
  }

  void born(pid_t parent) {
    unsigned long message = 0;
    if (::ptrace(PTRACE_GETEVENTMSG, parent, nullptr, &message) != 0) return;
    const auto tid = static_cast<pid_t>(message);
    const pid_t process = process_of(tid);
    threads_[tid] = process == 0 ? tid : process;
    if (!processes_.contains(threads_[tid])) {
      processes_[threads_[tid]].role = role_of_child(processes_[threads_[parent]]);
    }
    if (early_.erase(tid) > 0) go_on(tid, 0);
  }

  /// Whose parent was killed before it could tell of them would be stopped for ever. Those of
  /// others are met again at their next call.
  void release_early() {
    for (const pid_t each : early_) go_on(each, 0);
    early_.clear();
  }

  static std::string role_of_child(Process& parent) {
    ++parent.children;
    if (parent.role == "first") {
      return parent.children == 1 ? "remote" : parent.children == 2 ? "queue" : "user";
    }
    return parent.runs_another ? parent.role : "helper";
  }

  void system_call(pid_t tid) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) < 0) return;
    const pid_t process = threads_[tid];
    const std::string& role = processes_[process].role;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && ++counts_[role] == at_ && role == role_) {
      ::kill(process, SIGKILL);
      over_ = true;
      std::ofstream{report_} << "killed " << role << ' ' << at_ << '\n';
    }
    go_on(tid, 0);
  }

  /// Once all is done nobody is held up any more. An error: it has been killed meanwhile.
  void go_on(pid_t tid, long signal) const {
    ::ptrace(over_ ? PTRACE_CONT : PTRACE_SYSCALL, tid, nullptr, signal);
  }

  void write_counts() {
    std::ofstream out{report_};
    for (const auto& [role, count] : counts_) out << role << ' ' << count << '\n';
  }

  const char* report_;
  std::string role_;
  unsigned long at_;
  pid_t first_{0};
  bool over_{false};
  std::map<pid_t, Process> processes_;
  std::map<pid_t, pid_t> threads_;  // -> its process
  std::set<pid_t> early_;           // stopped before their parents told of them
  std::map<std::string, unsigned long> counts_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return kBroken;
  return Tracer{argv[1], argv[2], std::strtoul(argv[3], nullptr, 10)}.run(argv + 4);
}
