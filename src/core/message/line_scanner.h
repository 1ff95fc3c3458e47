// SPDX-License-Identifier: MIT
// Lines from chunks, in bounded memory: of a line of any length only its beginning is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lbx {

/// A line ends with LF, which is part of it; the last one of a message may have none.
struct ScannedLine {
  std::string_view text;  // at most `keep` octets; valid during the call only
  std::uint64_t length;   // octets of the whole line, LF included
  bool ended;             // false only for a last line without LF
  bool whole() const { return text.size() == length; }
};

class LineScanner {
 public:
  /// `keep`: octets of each line that are handed out.
  explicit LineScanner(std::size_t keep) : keep_{keep} {}

  /// Calls `on_line(const ScannedLine&)` for each line that `bytes` complete. Where it returns
  /// false, the scan stops and the rest of `bytes` is passed over; feed() then returns false.
  template <typename OnLine>
  bool feed(std::string_view bytes, OnLine on_line) {
    while (!bytes.empty()) {
      const std::size_t at = bytes.find('\n');
      const bool ended = at != std::string_view::npos;
      const std::string_view piece = bytes.substr(0, ended ? at + 1 : at);
      bytes.remove_prefix(piece.size());
      if (!ended) {
        keep(piece);
        return true;
      }
      if (!hand_out(piece, on_line)) return false;
    }
    return true;
  }

  /// The last line, if it has no LF.
  template <typename OnLine>
  bool finish(OnLine on_line) {
    if (length_ == 0) return true;
    const bool go_on = on_line(ScannedLine{kept_, length_, false});
    reset();
    return go_on;
  }

 private:
  void keep(std::string_view piece) {
    if (kept_.size() < keep_) kept_.append(piece.substr(0, keep_ - kept_.size()));
    length_ += piece.size();
  }

  template <typename OnLine>
  bool hand_out(std::string_view piece, OnLine& on_line) {
    if (length_ == 0) {  // the usual case: the line lies in one chunk, nothing is copied
      return on_line(ScannedLine{piece.substr(0, keep_), piece.size(), true});
    }
    keep(piece);
    const bool go_on = on_line(ScannedLine{kept_, length_, true});
    reset();
    return go_on;
  }

  void reset() {
    kept_.clear();
    length_ = 0;
  }

  std::size_t keep_;
  std::string kept_;
  std::uint64_t length_{0};
};

}  // namespace lbx
