// SPDX-License-Identifier: MIT
#include "service/options.h"

#include <getopt.h>

#include <cstdio>
#include <string_view>

namespace lbx {
namespace {

// What getopt_long(3) answers for options that have no letter: kFirst plus their row.
constexpr int kFirst = 256;
constexpr int kHelp = 'h';
constexpr int kVersion = 'V';
constexpr int kWord = 1;  // no option; "-" in front asks for it so, and for words in their order
constexpr const char* kLetters = "-:h";
constexpr int kHelpColumn = 28;

Error wrong(std::string what) {
  return Error::later(std::move(what) + " (see --help)");
}

bool is_flag(const Option& option) {
  return std::holds_alternative<bool*>(option.to);
}

void print_row(const std::string& head, const char* help) {
  if (head.size() + 1 > kHelpColumn) {
    std::printf("%s\n%*s%s\n", head.c_str(), kHelpColumn, "", help);
  } else {
    std::printf("%-*s%s\n", kHelpColumn, head.c_str(), help);
  }
}

void print_help(const CommandLine& line, const char* program) {
  std::printf("%s\nUsage: %s [OPTIONS]", line.purpose, program);
  for (const Operand& each : line.operands) std::printf(" %s", each.name);
  std::printf("\n\n");
  for (const Operand& each : line.operands) print_row("  " + std::string{each.name}, each.help);
  print_row("  -h,--help", "Print this help message and exit");
  for (const Option& each : line.options) {
    print_row("  --" + std::string{each.name} + (is_flag(each) ? "" : " TEXT"), each.help);
  }
  print_row("  --version", "Display program version information and exit");
}

std::vector<option> rows_of(const CommandLine& line) {
  std::vector<option> rows{{"help", no_argument, nullptr, kHelp},
                           {"version", no_argument, nullptr, kVersion}};
  int code = kFirst;
  for (const Option& each : line.options) {
    rows.push_back({each.name, is_flag(each) ? no_argument : required_argument, nullptr, code++});
  }
  rows.push_back({});
  return rows;
}

class Reader {
 public:
  Reader(const CommandLine& line, int argc, char** argv)
      : line_{line}, argc_{argc}, argv_{argv}, given_(line.options.size()) {}

  Result<std::optional<int>> run() {
    const std::vector<option> rows = rows_of(line_);
    opterr = 0;
    optind = 0;  // glibc: from the start, whoever has read a command line before
    for (int code = 0;
         (code = ::getopt_long(argc_, argv_, kLetters, rows.data(), nullptr)) != -1;) {
      if (code == kHelp || code == kVersion) return ended(code);
      LBX_TRY(take(code));
    }
    for (; optind < argc_; ++optind) LBX_TRY(take_word(argv_[optind]));  // behind "--"
    if (words_ == line_.operands.size()) return std::optional<int>{};
    return wrong(std::string{line_.operands[words_].name} + " is required");
  }

 private:
  Result<std::optional<int>> ended(int code) const {
    if (code == kHelp) {
      print_help(line_, argv_[0]);
    } else {
      std::printf("%s\n", LBX_VERSION);
    }
    return std::optional<int>{0};
  }

  Result<void> take(int code) {
    if (code == kWord) return take_word(optarg);
    const std::string_view word = argv_[optind - 1];
    if (code == ':') return wrong(std::string{word} + ": 1 required TEXT missing");
    if (code < kFirst) return unexpected(word);
    const auto row = static_cast<std::size_t>(code - kFirst);
    const Option& option = line_.options[row];
    if (!is_spelled_out(option.name)) return unexpected(argv_[optind - 1]);
    if (given_[row]) return wrong("--" + std::string{option.name} + ": at most 1 required");
    given_[row] = true;
    if (bool* const* const flag = std::get_if<bool*>(&option.to)) **flag = true;
    if (std::string* const* const text = std::get_if<std::string*>(&option.to)) **text = optarg;
    if (auto* const* const text = std::get_if<std::optional<std::string>*>(&option.to)) {
      **text = optarg;
    }
    return {};
  }

  /// getopt_long(3) takes any beginning of a name.
  bool is_spelled_out(std::string_view name) const {
    const bool apart = optarg != nullptr && optarg == argv_[optind - 1];
    std::string_view word = argv_[apart ? optind - 2 : optind - 1];
    word = word.substr(0, word.find('='));
    return word.substr(word.find_first_not_of('-')) == name;
  }

  Result<void> take_word(const char* word) {
    if (words_ == line_.operands.size()) return unexpected(word);
    *line_.operands[words_++].to = word;
    return {};
  }

  static Error unexpected(std::string_view word) {
    return wrong("The following argument was not expected: " + std::string{word});
  }

  const CommandLine& line_;
  int argc_;
  char** argv_;
  std::vector<bool> given_;
  std::size_t words_{0};
};

}  // namespace

Result<std::optional<int>> read_options(const CommandLine& line, int argc, char** argv) {
  return Reader{line, argc, argv}.run();
}

}  // namespace lbx
