// SPDX-License-Identifier: MIT
// `letterbox explain ADDRESS`: who delivers for it and why, which .qmail file answers, what each of
// its lines does, what programs are told, and how it ends; all of it from the look-up and the plan
// that delivery itself uses.
#pragma once

#include <optional>
#include <string>

#include "admin/site.h"
#include "core/base/result.h"
#include "core/users/resolver.h"
#include "deliver/forecast.h"

namespace lbx::admin {

struct ExplainOptions {
  std::string address;  // "local" or "local@host"
  // Where one of these two is given, nobody is looked up.
  std::optional<std::string> home;
  std::optional<std::string> user;
  std::optional<std::string> dash;
  std::optional<std::string> ext;
  std::string sender;
  std::optional<std::string> default_delivery;  // else control/defaultdelivery
  bool json{false};
};

struct Explanation {
  std::string address;                        // "local@host" as asked
  std::optional<users::Resolution> who;       // where somebody was looked up, and found
  std::optional<deliver::Forecast> forecast;  // where somebody here delivers
  deliver::Report result;                     // what a server would say of the recipient

  bool elsewhere() const { return who && !who->mine(); }
};

/// An error is a question that cannot be answered; that nobody can tell now who delivers is an
/// answer, Later. A local part alone is one of this host, whatever its domains.
Result<Explanation> explain(const Site& site, const ExplainOptions& options);

/// For people; and for programs, as one JSON object. Both end with a newline.
std::string to_text(const Explanation& explanation);
std::string to_json(const Explanation& explanation);

}  // namespace lbx::admin
