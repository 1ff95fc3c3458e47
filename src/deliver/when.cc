// SPDX-License-Identifier: MIT
#include "deliver/when.h"

#include <fnmatch.h>
#include <regex.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "core/base/ascii.h"
#include "core/base/io.h"
#include "core/message/header.h"

namespace lbx::deliver {
namespace {

using Matcher = std::function<bool(const std::string&)>;

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
    return ::regexec(regex.get(), value.c_str(), 0, nullptr, 0) == 0;
  }};
}

Matcher glob_matcher(const WhenOptions& options) {
  const int flags = options.case_sensitive ? 0 : FNM_CASEFOLD;
  return [pattern = options.pattern, flags](const std::string& value) {
    return ::fnmatch(pattern.c_str(), value.c_str(), flags) == 0;
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
  const HeaderReader header = LBX_TRY(read_header(files, message));
  return std::ranges::any_of(header.fields(), [&](const HeaderField& field) {
    return ascii::equal_fold(field.name, options.header) && matcher(field.value);
  });
}

}  // namespace lbx::deliver
