// SPDX-License-Identifier: MIT
#include "inject/complain.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace lbx::inject {

int usage(const std::string& program, const std::string& synopsis) {
  std::fprintf(stderr, "%s: usage: %s %s\n", program.c_str(), program.c_str(), synopsis.c_str());
  return kUsage;
}

void complain_about_option(const std::string& program, int option) {
  const char* const what = option == ':' ? "option requires an argument" : "illegal option";
  std::fprintf(stderr, "%s: %s -- %c\n", program.c_str(), what, optopt);
}

Error fatal(Error error) {
  error.what.insert(0, "fatal: ");
  return error;
}

}  // namespace lbx::inject
