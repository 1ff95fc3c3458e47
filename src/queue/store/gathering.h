// SPDX-License-Identifier: MIT
// How many operations a transaction should wait for, learned from those before. Where several
// submitters work at once, each comes back soon after it was answered: it pays to wait for them, so
// that one flush serves all. Where one is alone it never waits. Knows neither time nor threads.
#pragma once

#include <chrono>
#include <cstddef>

namespace lbx::queue {

class Gathering {
 public:
  struct Wait {
    std::size_t operations{1};  // as many are enough
    std::chrono::microseconds at_most{0};
  };

  Wait next() const;
  /// A transaction had so many.
  void was(std::size_t operations);

 private:
  static constexpr unsigned kFirstProbe = 16;

  std::size_t together_{1};  // so many came lately
  bool probing_{true};       // whether there are more
  unsigned interval_{kFirstProbe};
  unsigned until_probe_{0};  // transactions
};

}  // namespace lbx::queue
