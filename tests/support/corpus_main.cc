// SPDX-License-Identifier: MIT
// Runs a fuzz target over the files of its corpus, where no fuzzer is linked in: so every build
// checks what fuzzing has found before.
#include <boost/filesystem.hpp>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run_file(const boost::filesystem::path& path) {
  std::ifstream file{path.string(), std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& each : boost::filesystem::directory_iterator{argv[i]}) {
      run_file(each.path());
      ++count;
    }
  }
  std::printf("%zu inputs\n", count);
  return count == 0 ? 1 : 0;
}
