// SPDX-License-Identifier: MIT
#include "core/message/header.h"

#include <algorithm>

#include "core/base/ascii.h"

namespace lbx {
namespace {

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

HeaderReader::HeaderReader() : lines_{kMaxKeptField} {}

bool HeaderReader::feed(std::string_view bytes) {
  if (ended_) return false;
  ended_ = !lines_.feed(bytes, [this](const ScannedLine& line) { return take_line(line); });
  return !ended_;
}

void HeaderReader::finish() {
  if (ended_) return;
  lines_.finish([this](const ScannedLine& line) { return take_line(line); });
  ended_ = true;
}

const std::string* HeaderReader::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields_, [name](const HeaderField& field) { return ascii::equal_fold(field.name, name); });
  return found == fields_.end() ? nullptr : &found->value;
}

bool HeaderReader::take_line(const ScannedLine& line) {
  const std::string_view text = without_line_end(line.text);
  if (text.empty()) return false;
  if (!ascii::is_blank(text.front())) return start_field(text, !line.whole());
  if (fields_.empty()) return false;
  if (skipping_) return true;

  HeaderField& field = fields_.back();  // a folded line: RFC 5322 section 2.2.3
  const std::string_view more = ascii::trim(text);
  const std::size_t room = kMaxKeptField - std::min(kMaxKeptField, field.value.size() + 1);
  field.cut |= !line.whole() || more.size() > room;
  if (room > 0 && !more.empty()) {
    if (!field.value.empty()) field.value += ' ';
    field.value += more.substr(0, room);
  }
  return true;
}

bool HeaderReader::start_field(std::string_view line, bool cut) {
  const std::size_t colon = line.find(':');
  const std::string_view name = ascii::trim_end(line.substr(0, colon));
  if (colon == std::string_view::npos || name.empty() ||
      !std::ranges::all_of(name, ascii::is_graph)) {
    return false;
  }
  skipping_ = fields_.size() >= kMaxKeptFields;
  if (!skipping_) {
    fields_.push_back({std::string{name}, std::string{ascii::trim(line.substr(colon + 1))}, cut});
  }
  return true;
}

}  // namespace lbx
