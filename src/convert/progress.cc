// SPDX-License-Identifier: MIT
#include "convert/progress.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>

namespace lbx::convert {
namespace {

constexpr std::size_t kBarWidth = 30;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kRedrawMicros = kSecond / 10;
constexpr std::int64_t kLineMicros = 10 * kSecond;
/// So often the clock is looked at: reading a small message takes less time than asking for it.
constexpr std::uint64_t kCallsPerLook = 64;
constexpr const char* kClearLine = "\r\033[K";

std::int64_t micros_between(const Instant& from, const Instant& to) {
  return (to.seconds - from.seconds) * kSecond + to.micros - from.micros;
}

sigset_t watched_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int each : {SIGUSR1, SIGINT, SIGTERM}) ::sigaddset(&set, each);
  return set;
}

std::string with_tenths(std::uint64_t tenths) {
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10);
}

std::string duration(std::int64_t seconds) {
  std::string rest = std::to_string(seconds % 60);
  if (rest.size() < 2) rest.insert(0, 1, '0');
  return std::to_string(seconds / 60) + ':' + rest;
}

}  // namespace

SignalWishes::SignalWishes() {
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalWishes::~SignalWishes() {
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

Wish SignalWishes::next() {
  const sigset_t set = watched_signals();
  const timespec at_once{0, 0};
  const int signal = ::sigtimedwait(&set, nullptr, &at_once);
  if (signal == SIGUSR1) return Wish::State;
  return signal == SIGINT || signal == SIGTERM ? Wish::Stop : Wish::None;
}

PeopleProgress::PeopleProgress(Clock& clock, Wishes& wishes, Display display, std::FILE* out)
    : clock_{&clock}, wishes_{&wishes}, display_{display}, out_{out}, began_{clock.now()} {
  if (display == Display::Lines) shown_ = began_;
}

PeopleProgress::~PeopleProgress() {
  if (bar_) std::fputs(kClearLine, out_);
}

Result<void> PeopleProgress::update(const Tally& tally) {
  if (calls_++ % kCallsPerLook != 0) return {};
  const Instant now = clock_->now();
  const Wish wish = wishes_->next();
  // A clock that was set back shows again at once.
  const std::int64_t passed = micros_between(shown_, now);
  const std::int64_t pause = display_ == Display::Bar ? kRedrawMicros : kLineMicros;
  const bool due = display_ != Display::None && (passed < 0 || passed >= pause);
  if (due || wish == Wish::State) show(tally, now);
  if (wish == Wish::Stop) return Error::later("stopped by a signal");
  return {};
}

void PeopleProgress::show(const Tally& tally, const Instant& now) {
  const std::string state = state_line(tally, micros_between(began_, now));
  shown_ = now;
  if (display_ == Display::Bar) {
    bar_ = true;
    std::fprintf(out_, "%s%s  %s", kClearLine, progress_bar(tally.position, tally.size).c_str(),
                 state.c_str());
  } else {
    std::fprintf(out_, "%s: %s\n", tally.source.c_str(), state.c_str());
  }
  std::fflush(out_);
}

std::string progress_bar(std::uint64_t position, std::uint64_t size) {
  const double part =
      size == 0 ? 1.0 : std::min(1.0, static_cast<double>(position) / static_cast<double>(size));
  const auto filled = static_cast<std::size_t>(part * static_cast<double>(kBarWidth));
  std::string percent = std::to_string(static_cast<int>(part * 100.0));
  percent.insert(0, 3 - std::min<std::size_t>(percent.size(), 3), ' ');
  return '[' + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " + percent +
         " %";
}

std::string state_line(const Tally& tally, std::int64_t micros) {
  std::string text = std::to_string(tally.messages) + " messages, " + readable_octets(tally.octets);
  if (micros > 0) {
    const double seconds = static_cast<double>(micros) / static_cast<double>(kSecond);
    const double rate = static_cast<double>(tally.messages) / seconds;
    text += ", " + std::to_string(static_cast<std::uint64_t>(rate)) + " messages/s";
    const auto done = static_cast<double>(tally.position);
    if (tally.position > 0 && tally.size >= tally.position) {
      const double left = seconds * (static_cast<double>(tally.size) - done) / done;
      text += ", " + duration(static_cast<std::int64_t>(left)) + " left";
    }
  }
  if (tally.errors > 0) text += ", " + std::to_string(tally.errors) + " errors";
  return text;
}

std::string readable_octets(std::uint64_t octets) {
  static constexpr std::array kUnits{"kB", "MB", "GB", "TB"};
  if (octets < 1000) return std::to_string(octets) + " B";
  std::uint64_t tenths = octets / 100;
  std::size_t unit = 0;
  while (tenths >= 10'000 && unit + 1 < kUnits.size()) {
    tenths /= 1000;
    ++unit;
  }
  return with_tenths(tenths) + ' ' + kUnits.at(unit);
}

}  // namespace lbx::convert
