// SPDX-License-Identifier: MIT
// A source that is opened when it is read, and closed when it has been read: a tree may have more
// mailboxes than a process may have descriptors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "convert/conversion.h"

namespace lbx::convert {

class LazySource final : public Source {
 public:
  using Open = std::function<Result<std::unique_ptr<Source>>()>;
  /// `size`: octets of its files. `keep`: stays open, since it knows what it read.
  LazySource(std::string name, std::uint64_t size, bool keep, Open open)
      : name_{std::move(name)}, size_{size}, keep_{keep}, open_{std::move(open)} {}

  const std::string& name() const override { return name_; }
  Result<std::optional<Message>> next() override;
  std::uint64_t position() const override;
  std::uint64_t size() const override { return size_; }
  std::string mark() const override { return inner_ ? inner_->mark() : ""; }
  Result<bool> resume(const std::string& mark) override;
  Result<void> check() override { return inner_ ? inner_->check() : Result<void>{}; }
  Result<Findings> findings() override;
  void release() override;
  bool removable() const override { return true; }
  Result<void> remove() override;

 private:
  Result<void> open();

  std::string name_;
  std::uint64_t size_;
  bool keep_;
  Open open_;
  std::unique_ptr<Source> inner_;
  std::string stamp_;  // as it was read
};

}  // namespace lbx::convert
