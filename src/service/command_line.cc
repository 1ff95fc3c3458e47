// SPDX-License-Identifier: MIT
#include "service/command_line.h"

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

}  // namespace lbx
