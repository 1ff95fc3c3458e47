// SPDX-License-Identifier: MIT
#include "pop3d/message_stream.h"

#include <utility>

namespace lbx::pop3d {
namespace {

// Octets read at once. On the wire they are at most twice as many (all LF, or all ".\n").
constexpr std::size_t kReadSize = std::size_t{32} * 1024;

}  // namespace

std::size_t TopCutter::end_of_header(std::string_view chunk) {
  for (std::size_t at = 0; at < chunk.size(); ++at) {
    if (chunk[at] == '\n') {
      if (line_ != Line::Text) return at + 1;
      line_ = Line::Empty;
    } else if (carriage_return_is_blank_ && line_ == Line::Empty && chunk[at] == '\r') {
      line_ = Line::CarriageReturn;
    } else {
      line_ = Line::Text;
      at = chunk.find('\n', at);
      if (at == chunk.npos) return chunk.npos;
      line_ = Line::Empty;
    }
  }
  return chunk.npos;
}

std::string_view TopCutter::cut(std::string_view chunk) {
  std::size_t at = 0;
  if (in_header_) {
    at = end_of_header(chunk);
    if (at == chunk.npos) return chunk;
    in_header_ = false;
  }
  for (; lines_ > 0; --lines_) {
    const std::size_t end = chunk.find('\n', at);
    if (end == chunk.npos) return chunk;
    at = end + 1;
  }
  done_ = true;
  return chunk.substr(0, at);
}

MessageStream::MessageStream(std::unique_ptr<OpenMessage> message)
    : message_{std::move(message)}, chunk_{std::make_unique_for_overwrite<char[]>(kReadSize)} {}

MessageStream::MessageStream(std::unique_ptr<OpenMessage> message, TopCutter top)
    : MessageStream{std::move(message)} {
  top_ = top;
}

MessageStream::State MessageStream::produce(std::string& out) {
  const Result<std::size_t> got = message_->read(chunk_.get(), kReadSize);
  if (!got) return State::Broken;
  std::string_view chunk{chunk_.get(), *got};
  if (top_) chunk = top_->cut(chunk);
  encoder_.append(chunk, out);
  if (*got > 0 && !(top_ && top_->done())) return State::More;
  encoder_.finish(out);
  return State::Done;
}

}  // namespace lbx::pop3d
