// SPDX-License-Identifier: MIT
// The least that a conversion can be, as a yardstick: splits an mbox at every line "From " behind
// an empty line, writes each message as it stands to tmp/N, renames it to cur/N and syncs the file
// system once at the end. No dialects, flags, times or errors but exit 1. With --in-place the file
// is created as cur/N at once.
// usage: floor_convert [--in-place] MBOX MAILDIR
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

namespace {

bool put(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return ::close(fd) == 0 && written;
}

}  // namespace

int main(int argc, char** argv) {
  const bool in_place = argc == 4 && std::strcmp(argv[1], "--in-place") == 0;
  if (argc != (in_place ? 4 : 3)) return 1;
  const int mbox = ::open(argv[argc - 2], O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (mbox < 0 || ::fstat(mbox, &status) != 0 || ::chdir(argv[argc - 1]) != 0) return 1;
  const auto size = static_cast<std::size_t>(status.st_size);
  const void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, mbox, 0);
  if (map == MAP_FAILED) return 1;  // NOLINT: the macro casts in C's way
  std::string_view rest{static_cast<const char*>(map), size};
  constexpr std::string_view kBorder{"\n\nFrom "};
  for (unsigned number = 0; !rest.empty(); ++number) {
    const std::size_t line = rest.find('\n') + 1;
    const void* hit = ::memmem(rest.data(), rest.size(), kBorder.data(), kBorder.size());
    const std::size_t end =
        hit == nullptr ? rest.size()
                       : static_cast<std::size_t>(static_cast<const char*>(hit) - rest.data()) + 2;
    const std::string name = std::to_string(number);
    const std::string to = "cur/" + name + ":2,";
    const std::string from = in_place ? to : "tmp/" + name;
    if (!put(from, rest.substr(line, end - line - 1))) return 1;
    if (!in_place && ::rename(from.c_str(), to.c_str()) != 0) return 1;
    rest.remove_prefix(end);
  }
  const int here = ::open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return ::syncfs(here) == 0 ? 0 : 1;
}
