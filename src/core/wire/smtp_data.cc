// SPDX-License-Identifier: MIT
#include "core/wire/smtp_data.h"

namespace lbx::wire {

std::size_t DataReceiver::feed(std::string_view bytes, std::string& out) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ != State::Done) {
    if (state_ == State::Text) {
      taken += feed_text(bytes.substr(taken), out);
    } else if (step(bytes[taken], out)) {
      ++taken;
    }
  }
  return taken;
}

/// All states but Text, which is where long runs are. False: `c` is for the state it led to.
bool DataReceiver::step(char c, std::string& out) {
  switch (state_) {
    case State::LineStart:
      state_ = c == '.' && framing_ == Framing::Dots ? State::Dot : State::Text;
      return state_ == State::Dot;
    case State::Dot:  // the dot is gone whatever follows
      state_ = c == '\r' ? State::DotReturn : State::Text;
      return c == '\r';
    case State::DotReturn:
    case State::Return:
      if (c == '\n') {
        const bool lone_dot = state_ == State::DotReturn;
        if (!lone_dot) out += '\n';
        state_ = lone_dot ? State::Done : State::LineStart;
        return true;
      }
      bare_ = true;
      out += '\r';
      state_ = State::Text;
      return false;
    case State::Text:
    case State::Done:
      break;
  }
  return false;
}

std::size_t DataReceiver::feed_text(std::string_view bytes, std::string& out) {
  const std::size_t end = bytes.find('\n');
  const bool ended = end != std::string_view::npos;
  std::string_view line = bytes.substr(0, end);
  const bool returned = line.ends_with('\r');
  if (returned) line.remove_suffix(1);
  if (line.find('\r') != std::string_view::npos) bare_ = true;
  out += line;
  if (!ended) {
    if (returned) state_ = State::Return;
    return bytes.size();
  }
  out += '\n';
  if (returned) {
    state_ = State::LineStart;
  } else {
    bare_ = true;  // and no line begins here
  }
  return end + 1;
}

void DataReceiver::finish(std::string& out) {
  if (state_ == State::Return) {
    bare_ = true;
    out += '\r';
  }
  state_ = State::Done;
}

}  // namespace lbx::wire
