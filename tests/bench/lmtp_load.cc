// SPDX-License-Identifier: MIT
// Sends COUNT messages of 4 kB by LMTP over CONNECTIONS connections at once, RCPT and all in one
// write each, and prints messages a second. One thread, poll(2). Exits 1 if a message was refused.
// usage: lmtp_load SOCKET-PATH CONNECTIONS COUNT RECIPIENT
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Client {
  int fd{-1};
  int step{0};  // replies to come: the last line of each
  std::string in;
};

const std::string& dialog_step(int step, const std::string& recipient) {
  static const std::string kHello = "LHLO bench\r\n";
  static const std::string kEnvelope =
      "MAIL FROM:<s@bench> SIZE=4200\r\nRCPT TO:<" + recipient + ">\r\nDATA\r\n";
  static const std::string kMessage = [] {
    std::string text = "Subject: bench\r\n\r\n";
    for (int i = 0; i < 57; ++i) text += std::string(70, 'x') + "\r\n";
    return text + ".\r\n";
  }();
  if (step == 0) return kHello;
  return step == 1 ? kEnvelope : kMessage;
}

/// The replies that each step waits for.
constexpr int kReplies[] = {1, 3, 1};

bool connect_to(Client& client, const char* path) {
  client.fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
  return ::connect(client.fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
}

bool send_all(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

/// Whole replies at the front of `in` are taken; -1: one of them was a refusal.
int take_replies(std::string& in) {
  int count = 0;
  for (std::size_t end = in.find('\n'); end != std::string::npos; end = in.find('\n')) {
    const bool last = end > 3 && in[3] == ' ';
    if (in[0] != '2' && in[0] != '3') return -1;
    in.erase(0, end + 1);
    if (last) ++count;
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  std::vector<Client> clients(static_cast<std::size_t>(std::atoi(argv[2])));
  const int count = std::atoi(argv[3]);
  const std::string recipient = argv[4];
  int begun = 0;
  int done = 0;
  std::vector<pollfd> polled;
  std::vector<int> owed(clients.size(), 1);  // the greeting
  for (Client& client : clients) {
    if (!connect_to(client, argv[1])) return 1;
    client.step = -1;
    polled.push_back({client.fd, POLLIN, 0});
  }
  const auto begin = std::chrono::steady_clock::now();
  while (done < count) {
    if (::poll(polled.data(), polled.size(), -1) < 0) return 1;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (polled[i].revents == 0) continue;
      Client& client = clients[i];
      char buffer[4096];
      const ssize_t got = ::recv(client.fd, buffer, sizeof buffer, 0);
      if (got <= 0) return 1;
      client.in.append(buffer, static_cast<std::size_t>(got));
      const int replies = take_replies(client.in);
      if (replies < 0) return 1;
      owed[i] -= replies;
      if (owed[i] > 0) continue;
      if (client.step == 2) ++done;
      client.step = client.step == 2 ? 1 : client.step + 1;
      if (client.step == 1 && begun++ >= count) {
        polled[i].fd = -1;
        continue;
      }
      owed[i] = kReplies[client.step];
      if (!send_all(client.fd, dialog_step(client.step, recipient))) return 1;
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%.0f\n", count / took.count());
  return 0;
}
