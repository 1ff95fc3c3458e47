// SPDX-License-Identifier: MIT
#include "service/stdio_driver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>

#include "core/base/unique_fd.h"

namespace lbx {
namespace {

/// Answers each '.' with `answer` and ends at '!'.
class Echo final : public Conversation {
 public:
  explicit Echo(std::string answer) : answer_{std::move(answer)} {}
  std::string seen;
  std::chrono::seconds limit{60};

  void input(std::string_view bytes) override {
    seen += bytes;
    waiting_ += static_cast<std::size_t>(std::ranges::count(bytes, '.'));
    ended_ = ended_ || bytes.find('!') != bytes.npos;
  }
  bool has_output() const override { return waiting_ > 0; }
  void output(std::string& out, std::size_t) override {
    out += answer_;
    --waiting_;
  }
  bool ended() const override { return ended_; }
  std::chrono::seconds idle_limit() const override { return limit; }

 private:
  std::string answer_;
  std::size_t waiting_{0};
  bool ended_{false};
};

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
  void write(std::string_view text) const {
    EXPECT_EQ(::write(in.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string read_all() const {
    std::string text;
    std::array<char, 65536> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): is written
    ssize_t got = 0;
    while ((got = ::read(out.get(), chunk.data(), chunk.size())) > 0) {
      text.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  UniqueFd out;
  UniqueFd in;
};

TEST(StdioDriverTest, AnswersUntilTheInputEnds) {
  Pipe from_peer;
  Pipe to_peer;
  from_peer.write("a.b.");
  from_peer.in.reset();
  Echo echo{"x"};
  EXPECT_TRUE(converse(echo, {from_peer.out.get(), to_peer.in.get()}));
  to_peer.in.reset();
  EXPECT_EQ(to_peer.read_all(), "xx");
}

TEST(StdioDriverTest, LeavesBehindTheEndWhatBelongsToSomebodyElse) {
  Pipe from_peer;
  Pipe to_peer;
  from_peer.write("a!rest");
  from_peer.in.reset();
  Echo echo{"x"};
  EXPECT_TRUE(converse(echo, {from_peer.out.get(), to_peer.in.get(), 1}));
  EXPECT_EQ(from_peer.read_all(), "rest");
}

TEST(StdioDriverTest, WritesMoreThanAPipeHolds) {
  Pipe from_peer;
  Pipe to_peer;
  from_peer.write(".!");
  Echo echo{std::string(300'000, 'x')};
  std::string got;
  std::thread reader{[&] { got = to_peer.read_all(); }};
  EXPECT_TRUE(converse(echo, {from_peer.out.get(), to_peer.in.get()}));
  to_peer.in.reset();
  reader.join();
  EXPECT_EQ(got.size(), 300'000U);
}

TEST(StdioDriverTest, APeerThatIsSilentOrTakesNothingIsGivenUp) {
  Pipe from_peer;
  Pipe to_peer;
  Echo echo{std::string(300'000, 'x')};
  echo.limit = std::chrono::seconds{0};
  EXPECT_FALSE(converse(echo, {from_peer.out.get(), to_peer.in.get()}));
  from_peer.write(".");
  Echo slow{std::string(300'000, 'x')};
  slow.limit = std::chrono::seconds{0};
  slow.input(".");
  EXPECT_FALSE(converse(slow, {from_peer.out.get(), to_peer.in.get()}));
}

TEST(StdioDriverTest, APeerThatTakesNothingIsGivenUpOnASocketToo) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const UniqueFd ours{ends[0]};
  const UniqueFd theirs{ends[1]};
  Echo echo{std::string(3'000'000, 'x')};
  echo.limit = std::chrono::seconds{0};
  echo.input(".");
  EXPECT_FALSE(converse(echo, {ours.get(), ours.get()}));
}

TEST(StdioDriverTest, APeerThatIsGoneIsAnErrorAndNoSignal) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // as run_program() does
  Pipe from_peer;
  Pipe to_peer;
  to_peer.out.reset();
  from_peer.write(".");
  Echo echo{"x"};
  EXPECT_FALSE(converse(echo, {from_peer.out.get(), to_peer.in.get()}));
}

}  // namespace
}  // namespace lbx
