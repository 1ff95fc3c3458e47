// SPDX-License-Identifier: MIT
#include "queue/verp.h"

namespace lbx::queue {
namespace {

constexpr std::string_view kMark = "-@[]";

}  // namespace

std::string_view without_verp(std::string_view sender) {
  return sender.ends_with(kMark) ? sender.substr(0, sender.size() - kMark.size()) : sender;
}

bool is_verp(std::string_view sender) {
  return sender.ends_with(kMark) && without_verp(sender).find('@') != std::string_view::npos;
}

std::string expand_verp(std::string_view sender, std::string_view recipient) {
  const std::size_t end = recipient.rfind('@');
  if (!is_verp(sender) || end == std::string_view::npos) return std::string{sender};
  const std::string_view plain = without_verp(sender);
  const std::size_t at = plain.rfind('@');
  std::string expanded{plain.substr(0, at)};
  expanded += recipient.substr(0, end);
  expanded += '=';
  expanded += recipient.substr(end + 1);
  expanded += plain.substr(at);
  return expanded;
}

}  // namespace lbx::queue
