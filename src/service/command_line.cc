// SPDX-License-Identifier: MIT
#include "service/command_line.h"

#include "service/listener.h"

namespace lbx {

Result<std::optional<int>> parse_command_line(CLI::App& app, int argc, char** argv) {
  app.set_version_flag("--version", LBX_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return std::optional<int>{app.exit(success)};
  } catch (const CLI::ParseError& wrong) {
    return Error::later(std::string{wrong.what()} + " (see --help)");
  }
  return std::optional<int>{};
}

void add_connection_limits(CLI::App& app, ListenerOptions& options) {
  static constexpr int kMost = 1'000'000;
  app.add_option("--max-connections", options.max_connections, "connections in all")
      ->check(CLI::Range(1, kMost));
  app.add_option("--max-per-address", options.max_per_address,
                 "connections from one address or user")
      ->check(CLI::Range(1, kMost));
}

}  // namespace lbx
