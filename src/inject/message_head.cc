// SPDX-License-Identifier: MIT
#include "inject/message_head.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx::inject {
namespace {

bool begins_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = ascii::trim_end(line.substr(0, colon));
  return !name.empty() && std::ranges::all_of(name, ascii::is_graph);
}

}  // namespace

std::string_view RawField::name() const {
  const std::string_view all{text};
  return ascii::trim_end(all.substr(0, all.find(':')));
}

std::string_view RawField::value() const {
  std::string_view all = std::string_view{text}.substr(text.find(':') + 1);
  if (all.ends_with('\n')) all.remove_suffix(1);
  return all;
}

Result<bool> HeadReader::feed(std::string_view bytes) {
  rest_ += bytes;
  std::size_t begin = 0;
  while (!ended_) {
    const std::size_t end = rest_.find('\n', begin);
    if (end == std::string::npos) break;
    if (!take_line(std::string_view{rest_}.substr(begin, end + 1 - begin))) {
      ended_ = true;
    } else {
      begin = end + 1;
    }
  }
  rest_.erase(0, begin);
  taken_ += begin;
  if (!ended_ && taken_ + rest_.size() > kMaxHeader) {
    return Error::never("the header has more than " + std::to_string(kMaxHeader) + " octets");
  }
  if (ended_ && !rest_.starts_with('\n')) rest_.insert(0, 1, '\n');
  return !ended_;
}

void HeadReader::finish() {
  if (ended_ || rest_.empty()) return;
  rest_ += '\n';
  if (take_line(rest_)) {
    rest_.clear();
  } else {
    rest_.insert(0, 1, '\n');
  }
}

bool HeadReader::take_line(std::string_view line) {
  if (ascii::is_blank(line.front())) {
    if (fields_.empty()) return false;
    fields_.back().text += line;
    return true;
  }
  if (line.starts_with("From ")) {
    fields_.push_back({"MBOX-Line: " + std::string{line}});
    return true;
  }
  if (!begins_field(line)) return false;
  fields_.push_back({std::string{line}});
  return true;
}

}  // namespace lbx::inject
