// SPDX-License-Identifier: MIT
// `letterbox explain ADDRESS`: which .qmail file answers, what each of its lines does, what
// programs are told, and how it ends; all of it from the plan that delivery itself uses.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/system.h"
#include "core/users/accounts.h"
#include "deliver/forecast.h"

namespace lbx::admin {

struct ExplainOptions {
  std::string address;  // "local" or "local@host"
  std::optional<std::string> home;
  std::optional<std::string> user;
  std::optional<std::string> dash;
  std::optional<std::string> ext;
  std::string sender;
  std::string default_delivery{"./Maildir/"};
  bool json{false};
};

/// Who takes the address, as far as the options leave it open: the given user or home, or the
/// account that qmail-getpw's rules find.
Result<deliver::Request> resolve(System& system, users::Accounts& accounts,
                                 const ExplainOptions& options);

using Explanation = deliver::Forecast;

/// For people; and for programs, as one JSON object. Both end with a newline.
std::string to_text(const Explanation& explanation);
std::string to_json(const Explanation& explanation);

}  // namespace lbx::admin
