// SPDX-License-Identifier: MIT
#include "core/control/value.h"

#include <charconv>

#include "core/base/ascii.h"

namespace lbx::control {
namespace {

/// CONTRACT 0.5: blanks go, a carriage return stays.
std::string_view without_trailing_blanks(std::string_view line) {
  const std::size_t last = line.find_last_not_of(" \t");
  return last == std::string_view::npos ? std::string_view{} : line.substr(0, last + 1);
}

std::string_view first_line(std::string_view text) {
  return without_trailing_blanks(text.substr(0, text.find('\n')));
}

template <typename... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

}  // namespace

std::string value_of(const Line& setting, const FileText& text) {
  return text ? std::string{first_line(*text)} : default_of(setting);
}

Result<std::uint64_t> value_of(const Number& setting, const FileText& text) {
  if (!text) return default_of(setting);
  const std::string_view line = first_line(*text);
  std::uint64_t value = 0;
  const std::errc code = std::from_chars(line.data(), line.data() + line.size(), value).ec;
  if (code == std::errc::invalid_argument) return default_of(setting);
  if (code != std::errc{} || value < setting.least || value > setting.most) {
    return Error::later("must be from " + std::to_string(setting.least) + " to " +
                        std::to_string(setting.most) + " " + std::string{setting.unit});
  }
  return value;
}

Result<std::string_view> value_of(const Choice& setting, const FileText& text) {
  if (!text) return default_of(setting);
  std::string known;
  for (const std::string_view word : setting.words) {
    if (word == first_line(*text)) return word;
    known += ' ' + std::string{word};
  }
  return Error::later("must be one of:" + known);
}

std::vector<std::string> list_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string_view each : ascii::split(text, '\n')) {
    const std::string_view line = without_trailing_blanks(each);
    if (!line.empty() && line.front() != '#') lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> value_of(const List& /*setting*/, const FileText& text) {
  return list_lines(text.value_or(""));
}

Result<void> check(const Setting& setting, const std::string& text) {
  const auto outcome = [](const auto& value) -> Result<void> {
    if (!value) return value.error();
    return {};
  };
  return std::visit(Overloaded{[&](const Number* each) { return outcome(value_of(*each, text)); },
                               [&](const Choice* each) { return outcome(value_of(*each, text)); },
                               [](const auto* /*any text will do*/) { return Result<void>{}; }},
                    setting);
}

std::string_view file_of(const Setting& setting) {
  return std::visit([](const auto* each) { return each->file; }, setting);
}

std::string_view help_of(const Setting& setting) {
  return std::visit([](const auto* each) { return each->help; }, setting);
}

}  // namespace lbx::control
