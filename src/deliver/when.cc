// SPDX-License-Identifier: MIT
#include "deliver/when.h"

#include <fnmatch.h>
#include <regex.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/header.h"

namespace lbx::deliver {
namespace {

using Matcher = std::function<Result<bool>(const std::string&)>;

/// What regexec(3) or fnmatch(3) said, errno having been 0. "No match" is also what they say where
/// they find no memory.
Result<bool> verdict(int code) {
  if (code != 0 && errno == ENOMEM) return Error::from_errno(errno, "match");
  return code == 0;
}

struct FreeRegex {
  void operator()(regex_t* regex) const {
    ::regfree(regex);
    delete regex;
  }
};

/// regcomp(3), not std::regex, which recurses for each octet of the value.
Result<Matcher> regex_matcher(const WhenOptions& options) {
  const int flags = REG_EXTENDED | REG_NOSUB | (options.case_sensitive ? 0 : REG_ICASE);
  auto compiled = std::make_unique<regex_t>();
  const int wrong = ::regcomp(compiled.get(), options.pattern.c_str(), flags);
  if (wrong != 0) {
    std::array<char, 200> text{};
    ::regerror(wrong, compiled.get(), text.data(), text.size());
    return Error::later("no regular expression: " + options.pattern + ": " + text.data());
  }
  const std::shared_ptr<regex_t> regex{compiled.release(), FreeRegex{}};
  return Matcher{[regex](const std::string& value) {
    errno = 0;
    return verdict(::regexec(regex.get(), value.c_str(), 0, nullptr, 0));
  }};
}

Matcher glob_matcher(const WhenOptions& options) {
  const int flags = options.case_sensitive ? 0 : FNM_CASEFOLD;
  return [pattern = options.pattern, flags](const std::string& value) {
    errno = 0;
    return verdict(::fnmatch(pattern.c_str(), value.c_str(), flags));
  };
}

Result<HeaderReader> read_header(FileOps& files, int message) {
  HeaderReader header;
  IoBuffer chunk;
  for (;;) {
    const std::size_t got = LBX_TRY(files.read(message, chunk.data(), chunk.size()));
    if (got == 0) header.finish();
    if (got == 0 || !header.feed(chunk.first(got))) return header;
  }
}

}  // namespace

Result<bool> matches(FileOps& files, int message, const WhenOptions& options) {
  const Matcher matcher = options.regex ? LBX_TRY(regex_matcher(options)) : glob_matcher(options);
  const off_t start = ::lseek(message, 0, SEEK_CUR);  // a pipe has none
  const HeaderReader header = LBX_TRY(read_header(files, message));
  if (start >= 0 && ::lseek(message, start, SEEK_SET) < 0) return Error::from_errno(errno, "lseek");
  for (const HeaderField& field : header.fields()) {
    if (!ascii::equal_fold(field.name, options.header)) continue;
    const bool found = LBX_TRY(matcher(field.value));
    if (found) return true;
  }
  return false;
}

}  // namespace lbx::deliver
