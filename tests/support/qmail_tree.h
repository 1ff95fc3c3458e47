// SPDX-License-Identifier: MIT
// A queue directory as qmail's programs leave it (CONTRACT 1.7), made by hand.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "support/scratch.h"

namespace lbx::testing_support {

class QmailTree {
 public:
  explicit QmailTree(std::uint64_t split = 5, bool big_todo = false)
      : split_{split}, big_todo_{big_todo} {
    for (const char* const each : {"mess", "info", "local", "remote", "todo", "intd"}) {
      scratch_.make_directory(each);
      const bool is_split = big_todo || (each[0] != 't' && std::string{each} != "intd");
      for (std::uint64_t i = 0; is_split && i < split; ++i) {
        scratch_.make_directory(std::string{each} + '/' + std::to_string(i));
      }
    }
    for (const char* const each : {"bounce", "lock", "pid"}) scratch_.make_directory(each);
    scratch_.write("lock/sendmutex", "");
  }

  const ScratchDirectory& scratch() const { return scratch_; }
  const std::string& path() const { return scratch_.path(); }

  /// "mess/0/46".
  std::string name(const std::string& folder, std::uint64_t number) const {
    const bool is_split =
        folder != "bounce" && (big_todo_ || (folder != "todo" && folder != "intd"));
    return folder + '/' + (is_split ? std::to_string(number % split_) + '/' : "") +
           std::to_string(number);
  }
  void put(const std::string& folder, std::uint64_t number, const std::string& text,
           std::int64_t modified = 1'000'000'000) const {
    scratch_.write(name(folder, number), text);
    const timespec time{modified, 0};
    const timespec times[]{time, time};
    if (::utimensat(AT_FDCWD, scratch_.path(name(folder, number)).c_str(), times, 0) != 0) {
      throw std::runtime_error{"utimensat failed"};
    }
  }
  bool has(const std::string& folder, std::uint64_t number) const {
    return scratch_.exists(name(folder, number));
  }

 private:
  ScratchDirectory scratch_;
  std::uint64_t split_;
  bool big_todo_;
};

}  // namespace lbx::testing_support
