// SPDX-License-Identifier: MIT
#include "queue/log_lines.h"

#include "core/base/ascii.h"
#include "core/base/utf8.h"

namespace lbx::queue {
namespace {

/// Octets gathered at most before they are written anyway.
constexpr std::size_t kMostGathered = std::size_t{64} * 1024;

std::string_view name_of(Channel channel) {
  return channel == Channel::Local ? "local" : "remote";
}

std::string_view name_of(LogResult result) {
  switch (result) {
    case LogResult::Success:
      return "success";
    case LogResult::Failure:
      return "failure";
    case LogResult::Deferral:
      break;
  }
  return "deferral";
}

/// What qmail-send does to foreign octets.
void append_safe(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += '/';
    } else {
      out += ascii::is_graph(c) && c != '%' ? c : '_';
    }
  }
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {
      out += "\\u" + ascii::to_hex(static_cast<unsigned char>(c), 4);
    } else {
      out += c;
    }
  }
}

}  // namespace

/// A line being written: a JSON object of what is added to it, or the words of the template.
class LogLines::Line {
 public:
  Line(LogLines& log, std::string_view event) : log_{log}, json_{log.format_ == LogFormat::Json} {
    if (!json_) return;
    log_.text_ += R"({"event":")";
    log_.text_ += event;
    log_.text_ += '"';
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    log_.text_ += json_ ? "}\n" : "\n";
    if (log_.text_.size() > kMostGathered) log_.flush();
  }

  /// Only in the template.
  Line& words(std::string_view words) {
    if (!json_) log_.text_ += words;
    return *this;
  }
  /// A sentence of ours, which may hold names.
  Line& sentence(std::string_view sentence) {
    if (json_) return text("text", sentence);
    for (const char c : sentence) log_.text_ += c == ' ' || ascii::is_graph(c) ? c : '_';
    return *this;
  }
  Line& number(std::string_view key, std::int64_t value) {
    name(key);
    log_.text_ += std::to_string(value);
    return *this;
  }
  Line& text(std::string_view key, std::string_view value) {
    if (!json_) {
      append_safe(log_.text_, value);
      return *this;
    }
    name(key);
    log_.text_ += '"';
    append_escaped(log_.text_, utf8::is_valid(value) ? value : utf8::from_latin1(value));
    log_.text_ += '"';
    return *this;
  }

 private:
  void name(std::string_view key) {
    if (!json_) return;
    log_.text_ += ",\"";
    log_.text_ += key;
    log_.text_ += "\":";
  }

  LogLines& log_;
  bool json_;
};

void LogLines::status(const LogStatus& status) {
  const auto number = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  Line line{*this, "status"};
  line.words("status: local ").number("local", number(status.local));
  line.words("/").number("local_most", number(status.local_most));
  line.words(" remote ").number("remote", number(status.remote));
  line.words("/").number("remote_most", number(status.remote_most));
  if (status.exiting) line.words(" exitasap");
}

void LogLines::exiting() {
  Line{*this, "exiting"}.words("status: exiting");
}

void LogLines::new_message(MessageId message) {
  Line{*this, "new"}.words("new msg ").number("message", message);
}

void LogLines::info(MessageId message, const Envelope& envelope) {
  Line line{*this, "info"};
  line.words("info msg ").number("message", message);
  line.words(": bytes ").number("octets", static_cast<std::int64_t>(envelope.size));
  line.words(" from <").text("sender", envelope.sender);
  line.words("> qp ").number("pid", envelope.pid);
  line.words(" uid ").number("uid", envelope.uid);
}

void LogLines::starting(std::uint64_t delivery, MessageId message, Channel channel,
                        std::string_view address) {
  Line line{*this, "starting"};
  line.words("starting delivery ").number("delivery", static_cast<std::int64_t>(delivery));
  line.words(": msg ").number("message", message);
  line.words(" to ").text("channel", name_of(channel));
  line.words(" ").text("recipient", address);
}

void LogLines::ended(std::uint64_t delivery, LogResult result, std::string_view text) {
  Line line{*this, "ended"};
  line.words("delivery ").number("delivery", static_cast<std::int64_t>(delivery));
  line.words(": ").text("result", name_of(result));
  line.words(": ").text("text", text);
}

void LogLines::mangled(std::uint64_t delivery) {
  Line line{*this, "mangled"};
  line.words("delivery ").number("delivery", static_cast<std::int64_t>(delivery));
  line.words(": report mangled, will defer");
}

void LogLines::bounce(MessageId message, pid_t pid) {
  Line line{*this, "bounce"};
  line.words("bounce msg ").number("message", message);
  line.words(" qp ").number("pid", pid);
}

void LogLines::note(std::string_view text) {
  Line{*this, "note"}.sentence(text);
}

void LogLines::end(MessageId message) {
  Line{*this, "end"}.words("end msg ").number("message", message);
}

void LogLines::warning(std::string_view text) {
  Line{*this, "warning"}.words("warning: ").sentence(text);
}

void LogLines::alert(std::string_view text) {
  Line{*this, "alert"}.words("alert: ").sentence(text);
}

void LogLines::flush() {
  if (text_.empty()) return;
  sink_(text_);
  text_.clear();
}

}  // namespace lbx::queue
