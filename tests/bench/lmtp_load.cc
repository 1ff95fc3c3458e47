// SPDX-License-Identifier: MIT
// Hands COUNT mails, each the contents of FILE, to an LMTP server over persistent connections with
// PIPELINING, and prints how many a second it took. Mail n goes to u0@example.org, u1@... in turn
// by connection. Exits 1 if a mail was not taken.
// usage: lmtp_load SOCKET CONNECTIONS COUNT FILE
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

class Connection {
 public:
  explicit Connection(const char* path) : fd_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    std::string_view{path}.copy(where.sun_path, sizeof where.sun_path - 1);
    // The socket interface is untyped by design.
    good_ =
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 &&  // NOLINT
        answer('2') && say("LHLO load.example.org\r\n") && answer('2');
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { ::close(fd_); }

  bool good() const { return good_; }

  bool hand_over(const std::string& envelope, const std::string& mail) {
    return say(envelope) && answer('2') && answer('2') && answer('3') && say(mail) && answer('2');
  }

 private:
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Reads one reply, of several lines perhaps, and looks at its first digit.
  bool answer(char digit) {
    for (;;) {
      const std::size_t end = buffer_.find('\n');
      if (end == std::string::npos) {
        char more[4096];
        const ssize_t got = ::read(fd_, more, sizeof more);
        if (got <= 0) return false;
        buffer_.append(more, static_cast<std::size_t>(got));
        continue;
      }
      const std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      if (line.size() > 3 && line[3] == '-') continue;
      if (line.front() != digit) std::fprintf(stderr, "%s\n", line.c_str());
      return line.front() == digit;
    }
  }

  int fd_;
  std::string buffer_;
  bool good_{false};
};

/// FILE as DATA sends it. It has no line that begins with a dot.
std::string on_the_wire(const char* path) {
  std::ifstream file{path, std::ios::binary};
  std::string wire;
  for (auto at = std::istreambuf_iterator<char>{file}; at != std::istreambuf_iterator<char>{};
       ++at) {
    if (*at == '\n') wire += '\r';
    wire += *at;
  }
  return wire + ".\r\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int connections = std::atoi(argv[2]);
  const int count = std::atoi(argv[3]);
  const std::string mail = on_the_wire(argv[4]);
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      const std::string envelope = "MAIL FROM:<s@example.org>\r\nRCPT TO:<u" + std::to_string(i) +
                                   "@example.org>\r\nDATA\r\n";
      Connection server{argv[1]};
      if (!server.good()) failed = true;
      while (!failed && next++ < count) {
        if (!server.hand_over(envelope, mail)) failed = true;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", count / took.count());
  return failed ? 1 : 0;
}
