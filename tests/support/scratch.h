// SPDX-License-Identifier: MIT
// A directory of its own for a test, on a real file system, gone with the test.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.h"

namespace lbx::testing_support {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::string pattern = (boost::filesystem::temp_directory_path() / "lbx-test.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
    path_ = pattern;
    fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() {
    boost::system::error_code ignored;
    boost::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string path(const std::string& below) const { return path_ + '/' + below; }
  /// A descriptor of the directory, for the *at() calls.
  int fd() const { return fd_.get(); }

  void make_directory(const std::string& below) const {
    boost::filesystem::create_directories(path(below));
  }
  void make_maildir(const std::string& below) const {
    for (const char* each : {"/tmp", "/new", "/cur"}) make_directory(below + each);
  }
  void write(const std::string& below, std::string_view content) const {
    std::ofstream file{path(below), std::ios::binary};
    file << content;
    if (!file.flush()) throw std::runtime_error{"cannot write " + path(below)};
  }
  std::string read(const std::string& below) const {
    std::ifstream file{path(below), std::ios::binary};
    if (!file) throw std::runtime_error{"cannot read " + path(below)};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  bool exists(const std::string& below) const {
    return boost::filesystem::exists(boost::filesystem::symlink_status(path(below)));
  }
  /// The names in a directory, sorted.
  std::vector<std::string> names(const std::string& below) const {
    std::vector<std::string> out;
    for (const auto& each : boost::filesystem::directory_iterator{path(below)}) {
      out.push_back(each.path().filename().string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  /// The content of every file in a directory, in the order of the names.
  std::vector<std::string> contents(const std::string& below) const {
    std::vector<std::string> out;
    for (const std::string& name : names(below)) out.push_back(read(below + '/' + name));
    return out;
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace lbx::testing_support
