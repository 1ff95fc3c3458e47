// SPDX-License-Identifier: MIT
// Failure as a value: Result<T> is a T or an Error. Its member names are std::expected's, so that
// it can become an alias of it once every compiler we use ships one.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace lbx {

/// What a mail system asks of every failure: is it worth another try? Never is a decision that
/// somebody wrote down; whatever nobody has thought about is Later.
enum class Retry { Later, Never };

struct Error {
  Retry retry;
  std::string what;  // for our log, never for a peer
  int os_error{0};   // the errno behind it, or 0

  static Error later(std::string what) { return {Retry::Later, std::move(what), 0}; }
  static Error never(std::string what) { return {Retry::Never, std::move(what), 0}; }
  static Error from_errno(int code, const std::string& what);  // Later: the disk may have room
};

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that a function can `return value;` and `return error;`: hence the NOLINTs.
  Result(T value) : state_{std::in_place_index<0>, std::move(value)} {}      // NOLINT
  Result(Error error) : state_{std::in_place_index<1>, std::move(error)} {}  // NOLINT

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T value() && { return std::get<0>(std::move(state_)); }
  const T& operator*() const { return std::get<0>(state_); }
  T& operator*() { return std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_{std::move(error)} {}  // NOLINT

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const {}
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace lbx

/// The value of `expr`, or a return with its error from the function around. Never nested.
#define LBX_TRY(expr)                     \
  __extension__({                         \
    auto lbx_try = (expr);                \
    if (!lbx_try) return lbx_try.error(); \
    std::move(lbx_try).value();           \
  })
