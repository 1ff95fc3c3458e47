// SPDX-License-Identifier: MIT
// A source whose messages are a list, which a test changes as it likes between runs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "convert/conversion.h"

namespace lbx::testing_support {

struct FakeMail {
  std::string text;
  std::optional<std::int64_t> seconds{1'000'000'000};
  MessageState state{};
  bool broken{false};  // cannot be read
};

class FakeSource final : public convert::Source {
 public:
  explicit FakeSource(std::vector<FakeMail> mails, std::string name = "/fake")
      : mails_{std::move(mails)}, name_{std::move(name)} {}

  bool marks{true};               // knows where it is
  bool changed{false};            // what check() says
  std::size_t dies_at{SIZE_MAX};  // next() fails there
  bool removed{false};

  const std::string& name() const override { return name_; }
  Result<std::optional<convert::Message>> next() override {
    if (at_ == dies_at) return Error::later("dead");
    if (at_ == mails_.size()) return std::optional<convert::Message>{};
    const FakeMail& mail = mails_[at_++];
    convert::Message message{mail.state, std::nullopt, {}};
    if (mail.seconds) message.time = Instant{*mail.seconds, 0};
    message.content = [&mail](const ChunkSink& sink) -> Result<void> {
      LBX_TRY(sink(mail.text));
      return mail.broken ? Result<void>{Error::later("broken")} : Result<void>{};
    };
    return std::optional<convert::Message>{std::move(message)};
  }
  std::uint64_t position() const override { return at_; }
  std::uint64_t size() const override { return mails_.size(); }
  std::string mark() const override { return marks ? std::to_string(at_) : ""; }
  Result<bool> resume(const std::string& mark) override {
    at_ = mark.empty() ? 0 : static_cast<std::size_t>(std::stoul(mark));
    return !mark.empty();
  }
  Result<void> check() override {
    return changed ? Result<void>{Error::later("changed")} : Result<void>{};
  }
  bool removable() const override { return true; }
  Result<void> remove() override {
    removed = true;
    return {};
  }

 private:
  std::vector<FakeMail> mails_;
  std::string name_;
  std::size_t at_{0};
};

}  // namespace lbx::testing_support
