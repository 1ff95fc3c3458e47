// SPDX-License-Identifier: MIT
// `letterbox-convert maildir2mbox`: its options, and what it tells people.
#pragma once

#include <optional>

#include "convert/maildir2mbox.h"
#include "core/base/result.h"
#include "core/base/system.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's name
class App;
}

namespace lbx::convert {

class ToMboxCommand {
 public:
  /// `app` keeps references to the command.
  void declare(CLI::App& app);
  /// After the command line was parsed; the exit status.
  Result<int> run(System& system);

 private:
  void print(const ToMboxReport& report) const;

  ToMboxOptions options_;
  std::optional<MboxDialect> dialect_;
  unsigned lock_timeout_{30};
  bool strict_{false};
  bool quiet_{false};
};

}  // namespace lbx::convert
