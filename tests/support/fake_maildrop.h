// SPDX-License-Identifier: MIT
// A maildrop in memory.
#pragma once

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/message/line_endings.h"
#include "pop3d/maildrop.h"

namespace lbx::testing_support {

class FakeMessage final : public pop3d::OpenMessage {
 public:
  explicit FakeMessage(std::string text, std::optional<std::size_t> broken_at = std::nullopt)
      : text_{std::move(text)}, broken_at_{broken_at} {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (broken_at_ && at_ >= *broken_at_) return Error::later("broken");
    const std::size_t end = std::min(text_.size(), broken_at_.value_or(text_.size()));
    const std::size_t got = text_.copy(buffer, std::min(size, end - at_), at_);
    at_ += got;
    return got;
  }

 private:
  std::string text_;
  std::optional<std::size_t> broken_at_;
  std::size_t at_{0};
};

/// What happened to a FakeMaildrop; outlives it.
struct FakeMailbox {
  std::vector<std::string> messages;
  std::optional<std::size_t> gone;        // a message that open() does not find
  std::optional<std::size_t> unreadable;  // one that it cannot open
  std::optional<std::size_t> broken_at;   // octets after which reading fails
  std::size_t left{0};                    // what update() answers
  std::vector<std::pair<std::size_t, std::uint64_t>> sent;
  std::optional<std::vector<bool>> updated;  // what it was given
};

class FakeMaildrop final : public pop3d::Maildrop {
 public:
  explicit FakeMaildrop(FakeMailbox& box) : box_{box} {}
  std::size_t count() const override { return box_.messages.size(); }
  std::uint64_t octets(std::size_t message) const override {
    OctetCounter counter;
    counter.add(box_.messages[message]);
    return counter.on_wire();
  }
  std::string id(std::size_t message) const override { return "id" + std::to_string(message + 1); }
  Result<std::unique_ptr<pop3d::OpenMessage>> open(std::size_t message) override {
    if (box_.gone == message) return Error::from_errno(ENOENT, "gone");
    if (box_.unreadable == message) return Error::from_errno(EIO, "unreadable");
    return std::unique_ptr<pop3d::OpenMessage>{
        std::make_unique<FakeMessage>(box_.messages[message], box_.broken_at)};
  }
  void sent(std::size_t message, std::uint64_t octets) override {
    box_.sent.emplace_back(message, octets);
  }
  std::size_t update(const std::vector<bool>& marked) override {
    box_.updated = marked;
    return box_.left;
  }

 private:
  FakeMailbox& box_;
};

}  // namespace lbx::testing_support
