// SPDX-License-Identifier: MIT
#include "admin/explain_words.h"

#include <array>
#include <cstdio>

namespace lbx::admin {
namespace {

struct KindWord {
  std::string operator()(const dotqmail::ToMaildir&) const { return "maildir"; }
  std::string operator()(const dotqmail::ToMbox&) const { return "mbox"; }
  std::string operator()(const dotqmail::ToProgram&) const { return "program"; }
  std::string operator()(const dotqmail::ToAddress&) const { return "forward"; }
};

struct Target {
  std::string operator()(const dotqmail::ToMaildir& to) const { return to.path; }
  std::string operator()(const dotqmail::ToMbox& to) const { return to.path; }
  std::string operator()(const dotqmail::ToProgram& to) const { return to.command; }
  std::string operator()(const dotqmail::ToAddress& to) const { return to.address; }
};

}  // namespace

std::string found_word(deliver::Tried::Found found) {
  using Found = deliver::Tried::Found;
  switch (found) {
    case Found::NotReached:
      return "not-reached";
    case Found::Missing:
      return "missing";
    case Found::NotRegular:
      return "not-a-file";
    case Found::Unreadable:
      return "unreadable";
    case Found::WorldWritable:
      return "world-writable";
    case Found::Chosen:
      return "chosen";
  }
  return "unknown";
}

std::string kind_word(const dotqmail::Instruction& instruction) {
  return std::visit(KindWord{}, instruction);
}

std::string target_of(const dotqmail::Instruction& instruction) {
  return std::visit(Target{}, instruction);
}

std::string mode_word(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777U));
  return text.data();
}

std::string verdict_word(const Explanation& explanation) {
  if (explanation.elsewhere()) return "elsewhere";
  if (explanation.result.done()) return "deliver";
  return explanation.result.verdict == deliver::Verdict::Never ? "never" : "later";
}

std::string domain_word(users::Domain domain) {
  switch (domain) {
    case users::Domain::Local:
      return "local";
    case users::Domain::Virtual:
      return "virtual";
    case users::Domain::Unconfigured:
      return "unconfigured";
    case users::Domain::Elsewhere:
      return "elsewhere";
  }
  return "elsewhere";
}

std::string who_word(users::Resolution::Source source) {
  switch (source) {
    case users::Resolution::Source::Assignment:
      return "assignment";
    case users::Resolution::Source::Account:
      return "account";
    case users::Resolution::Source::Alias:
      return "alias";
  }
  return "alias";
}

}  // namespace lbx::admin
