// SPDX-License-Identifier: MIT
// A POP3 client that costs little, for tests/bench/pop3.py. Over loopback, as USER with the
// password x; prints seconds.
//   pop3_load retr PORT USER COUNT FLIGHT QUICKACK   messages 1 to COUNT, FLIGHT commands sent at
//                                                    once. Prints "ready" behind the login, and
//                                                    begins, and later hangs up, when a line of
//                                                    standard input says so
//   pop3_load poll PORT USER COUNT PARALLEL          COUNT sessions: login, STAT, UIDL, QUIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Seconds = std::chrono::duration<double>;
constexpr std::string_view kEnd = "\r\n.\r\n";

class Client {
 public:
  Client(int port, bool quickack)
      : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, quickack_{quickack} {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<in_port_t>(port));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The socket interface is untyped by design.
    good_ =
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 &&  // NOLINT
        line();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  bool log_in(const std::string& user) {
    return good_ && say("USER " + user + "\r\n") && line() && say("PASS x\r\n") && line();
  }
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// One answer of one line, +OK.
  bool line() {
    while (buffer_.find('\n') == buffer_.npos) {
      if (!more()) return false;
    }
    const bool good = buffer_.starts_with("+OK");
    if (!good) std::fprintf(stderr, "%s", buffer_.c_str());
    buffer_.erase(0, buffer_.find('\n') + 1);
    return good;
  }
  /// So many answers of several lines, and nothing else. No line in them is a dot but the last.
  bool multi(int answers) {
    while (answers > 0) {
      if (!more()) return false;
      if (buffer_.starts_with("-ERR")) return false;
      std::size_t from = 0;
      for (std::size_t at; (at = buffer_.find(kEnd, from)) != buffer_.npos; --answers) {
        from = at + kEnd.size();
      }
      // What may be the beginning of an end stays.
      buffer_.erase(0, std::max(from, buffer_.size() - std::min(buffer_.size(), kEnd.size() - 1)));
    }
    buffer_.clear();
    return true;
  }

 private:
  bool more() {
    const int yes = 1;
    if (quickack_) ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
    const ssize_t got = ::recv(fd_, chunk_.data(), chunk_.size(), 0);
    if (got <= 0) return false;
    buffer_.append(chunk_, 0, static_cast<std::size_t>(got));
    return true;
  }

  int fd_;
  bool quickack_;
  bool good_{false};
  std::string chunk_ = std::string(std::size_t{256} * 1024, '\0');
  std::string buffer_;
};

void wait_for_line() {
  for (int c = 0; c != '\n' && c != EOF;) c = std::getchar();
}

double retrieve(int port, const std::string& user, int count, int flight, bool quickack) {
  Client client{port, quickack};
  if (!client.log_in(user)) return -1;
  std::printf("ready\n");
  std::fflush(stdout);
  wait_for_line();
  const auto begin = std::chrono::steady_clock::now();
  for (int first = 1; first <= count; first += flight) {
    const int last = std::min(first + flight, count + 1);
    std::string commands;
    for (int n = first; n < last; ++n) commands += "RETR " + std::to_string(n) + "\r\n";
    if (!client.say(commands) || !client.multi(last - first)) return -1;
  }
  const double took = Seconds{std::chrono::steady_clock::now() - begin}.count();
  std::printf("%.6f\n", took);
  std::fflush(stdout);
  wait_for_line();
  return took;
}

bool poll_once(int port, const std::string& user) {
  Client client{port, false};
  return client.log_in(user) && client.say("STAT\r\n") && client.line() && client.say("UIDL\r\n") &&
         client.multi(1) && client.say("QUIT\r\n") && client.line();
}

double poll_often(int port, const std::string& user, int count, int parallel) {
  std::atomic<int> next{0};
  std::atomic<bool> failed{false};
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < parallel; ++i) {
    threads.emplace_back([&] {
      while (!failed && next++ < count) {
        if (!poll_once(port, user)) failed = true;
      }
    });
  }
  for (std::thread& each : threads) each.join();
  return failed ? -1 : Seconds{std::chrono::steady_clock::now() - begin}.count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return 2;
  const std::string_view what{argv[1]};
  const int port = std::atoi(argv[2]);
  const int count = std::atoi(argv[4]);
  const int at_once = std::atoi(argv[5]);
  const double took =
      what == "poll" ? poll_often(port, argv[3], count, at_once)
                     : retrieve(port, argv[3], count, at_once, argc > 6 && std::atoi(argv[6]) != 0);
  if (what == "poll") std::printf("%.6f\n", took);
  return took < 0 ? 1 : 0;
}
