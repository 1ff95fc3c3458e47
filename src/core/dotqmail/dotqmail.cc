// SPDX-License-Identifier: MIT
#include "core/dotqmail/dotqmail.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx::dotqmail {
namespace {

std::optional<Instruction> instruction_of(std::string_view line) {
  const std::string rest{line.substr(std::min<std::size_t>(1, line.size()))};
  switch (line.empty() ? '#' : line.front()) {
    case '#':
    case '+':
      return std::nullopt;
    case '|':
      return ToProgram{rest};
    case '.':
    case '/':
      if (line.ends_with('/')) return ToMaildir{std::string{line}};
      return ToMbox{std::string{line}};
    case '&':
      return ToAddress{rest};
    default:
      return ToAddress{std::string{line}};
  }
}

std::optional<Mistake> mistake_of(const Instruction& instruction) {
  if (std::holds_alternative<ToAddress>(instruction)) return std::nullopt;
  if (std::holds_alternative<ToProgram>(instruction)) return Mistake::ProgramForbidden;
  return Mistake::FileForbidden;
}

/// Cuts the next line off `text`, without its end and without blanks there.
std::string_view take_line(std::string_view& text) {
  const std::size_t at = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return ascii::trim_end(line);
}

struct LinePrinter {
  std::string operator()(const ToMaildir& to) const { return to.path; }
  std::string operator()(const ToMbox& to) const { return to.path; }
  std::string operator()(const ToProgram& to) const { return '|' + to.command; }
  std::string operator()(const ToAddress& to) const { return '&' + to.address; }
};

}  // namespace

Result<Script> parse(std::string_view text, Permit permit) {
  Script script;
  for (std::size_t number = 1; !text.empty(); ++number) {
    if (number > kMaxLines) {
      return Error::later("more than " + std::to_string(kMaxLines) + " lines");
    }
    const std::string_view line = take_line(text);
    std::optional<Instruction> instruction = instruction_of(line);
    std::optional<Mistake> mistake;
    if (line.empty() && number == 1) mistake = Mistake::BlankFirstLine;
    if (instruction && permit == Permit::ForwardOnly) mistake = mistake_of(*instruction);
    if (mistake) {
      script.fault = Fault{number, std::string{line}, *mistake};
      return script;
    }
    if (line == "+list") permit = Permit::ForwardOnly;
    script.steps.push_back({number, std::string{line}, std::move(instruction)});
  }
  return script;
}

std::string to_line(const Instruction& instruction) {
  return std::visit(LinePrinter{}, instruction);
}

std::string to_string(const Script& script) {
  std::string text;
  for (const Step& step : script.steps) (text += step.text) += '\n';
  if (script.fault) (text += script.fault->text) += '\n';
  return text;
}

}  // namespace lbx::dotqmail
