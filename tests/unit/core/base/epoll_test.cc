// SPDX-License-Identifier: MIT
#include "core/base/epoll.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <set>
#include <vector>

#include "core/base/process.h"

namespace lbx {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr int kNoWait = 0;

std::vector<std::uint64_t> ready(const Epoll& epoll) {
  const Result<Epoll::Ready> found = epoll.wait(kNoWait);
  EXPECT_TRUE(found);
  return {found->begin(), found->end()};
}

class EpollTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<Epoll> opened = Epoll::open();
    ASSERT_TRUE(opened) << opened.error().what;
    epoll = std::move(opened).value();
  }

  static void put_octet(const Pipe& pipe) { ASSERT_EQ(::write(pipe.write_end.get(), "x", 1), 1); }

  Epoll epoll;
};

TEST_F(EpollTest, SaysByItsNumberWhatIsReady) {
  const Pipe one = make_pipe().value();
  const Pipe other = make_pipe().value();
  constexpr std::uint64_t kLargest = ~std::uint64_t{0};
  ASSERT_TRUE(epoll.watch(one.read_end.get(), 7));
  ASSERT_TRUE(epoll.watch(other.read_end.get(), kLargest));
  EXPECT_THAT(ready(epoll), IsEmpty());
  put_octet(other);
  EXPECT_THAT(ready(epoll), ElementsAre(kLargest));
  put_octet(one);
  EXPECT_THAT(ready(epoll), UnorderedElementsAre(7U, kLargest));
}

TEST_F(EpollTest, WatchesForWhatIsAskedFor) {
  const Pipe pipe = make_pipe().value();
  put_octet(pipe);
  ASSERT_TRUE(epoll.watch(pipe.read_end.get(), 1, Epoll::Interest::None));
  ASSERT_TRUE(epoll.watch(pipe.write_end.get(), 2, Epoll::Interest::Write));
  EXPECT_THAT(ready(epoll), ElementsAre(2U));
  ASSERT_TRUE(epoll.change(pipe.read_end.get(), 3, Epoll::Interest::ReadAndWrite));
  epoll.forget(pipe.write_end.get());
  EXPECT_THAT(ready(epoll), ElementsAre(3U));
}

TEST_F(EpollTest, AnEndIsHeardOfWithoutInterest) {
  Pipe pipe = make_pipe().value();
  ASSERT_TRUE(epoll.watch(pipe.read_end.get(), 1, Epoll::Interest::None));
  pipe.write_end.reset();
  EXPECT_THAT(ready(epoll), ElementsAre(1U));
}

TEST_F(EpollTest, WhatDoesNotFitComesWithTheNextWait) {
  std::vector<Pipe> pipes;
  for (std::size_t i = 0; i < Epoll::Ready::kAtOnce + 1; ++i) {
    pipes.push_back(make_pipe().value());
    put_octet(pipes.back());
    ASSERT_TRUE(epoll.watch(pipes.back().read_end.get(), i));
  }
  std::set<std::uint64_t> seen;
  for (const std::uint64_t each : ready(epoll)) seen.insert(each);
  EXPECT_EQ(seen.size(), Epoll::Ready::kAtOnce);
  for (const std::uint64_t each : ready(epoll)) seen.insert(each);
  EXPECT_EQ(seen.size(), pipes.size());
}

TEST_F(EpollTest, OneCanBeWatchedByAnother) {
  const Epoll outer = Epoll::open().value();
  const Pipe pipe = make_pipe().value();
  ASSERT_TRUE(epoll.watch(pipe.read_end.get(), 1));
  ASSERT_TRUE(outer.watch(epoll.fd(), 2));
  EXPECT_THAT(ready(outer), IsEmpty());
  put_octet(pipe);
  EXPECT_THAT(ready(outer), ElementsAre(2U));
}

TEST_F(EpollTest, ADescriptorThatIsNoneIsAnError) {
  EXPECT_FALSE(epoll.watch(-1, 1));
  const Pipe pipe = make_pipe().value();
  EXPECT_FALSE(epoll.change(pipe.read_end.get(), 1, Epoll::Interest::Read));
  EXPECT_FALSE(Epoll{}.wait(kNoWait));
}

}  // namespace
}  // namespace lbx
