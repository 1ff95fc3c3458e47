// SPDX-License-Identifier: MIT
#include "deliver/invocation.h"

#include <algorithm>

#include "core/control/settings.h"
#include "core/users/accounts.h"

namespace lbx::deliver {
namespace {

/// The first of these variables that is set and not empty.
std::string from_environment(const Environment& environment,
                             std::initializer_list<const char*> names) {
  for (const char* name : names) {
    std::string value = lookup(environment, name).value_or("");
    if (!value.empty()) return value;
  }
  return {};
}

std::string or_else(const std::string& value, const std::string& other) {
  return value.empty() ? other : value;
}

std::string without_brackets(const std::string& address) {
  if (address.size() < 2 || !address.starts_with('<') || !address.ends_with('>')) return address;
  return address.substr(1, address.size() - 2);
}

/// Postfix writes the null sender as its daemon's name (null_sender in pipe(8)).
std::string sender_of(const std::string& given) {
  const std::string sender = without_brackets(given);
  return sender == "MAILER-DAEMON" ? "" : sender;
}

/// Exim's suffix comes with its separator: "-list".
std::string suffix_of(const Environment& environment) {
  const std::string suffix = from_environment(environment, {"LOCAL_PART_SUFFIX"});
  return suffix.substr(std::min<std::size_t>(1, suffix.size()));
}

std::string told_extension(const Environment& environment) {
  return or_else(from_environment(environment, {"EXTENSION"}), suffix_of(environment));
}

/// Only an address from the command line is taken apart: one in the environment comes with its
/// EXTENSION, or may be an alias that only looks like one.
std::string extension_of(const Invocation& invocation, const Environment& environment,
                         const std::string& user) {
  if (!needs_delimiters(invocation, environment)) return told_extension(environment);
  const std::string address = without_brackets(*invocation.recipient);
  return users::extension_of(address.substr(0, address.rfind('@')), user, invocation.delimiters)
      .value_or("");
}

}  // namespace

bool needs_account(const Invocation& invocation, const Environment& environment) {
  const bool user = invocation.user || !from_environment(environment, {"USER", "LOGNAME"}).empty();
  const bool home = invocation.home || !from_environment(environment, {"HOME"}).empty();
  return !user || !home;
}

std::string attempt_of(const Invocation& invocation, const Environment& environment) {
  return invocation.attempt.value_or(from_environment(environment, {"LETTERBOX_ATTEMPT"}));
}

bool needs_delimiters(const Invocation& invocation, const Environment& environment) {
  return !invocation.ext && invocation.recipient && told_extension(environment).empty();
}

Result<Request> to_request(const Invocation& invocation, const Environment& environment,
                           const std::string& host_name, const OwnAccount& account) {
  Request request;
  request.user = invocation.user.value_or(
      or_else(from_environment(environment, {"USER", "LOGNAME"}), account.name));
  request.home =
      invocation.home.value_or(or_else(from_environment(environment, {"HOME"}), account.home));
  request.ext =
      invocation.ext ? *invocation.ext : extension_of(invocation, environment, request.user);
  request.dash = request.ext.empty() ? "" : "-";
  request.sender = sender_of(invocation.sender.value_or(from_environment(environment, {"SENDER"})));
  request.default_delivery =
      invocation.default_delivery.value_or(std::string{control::kDefaultDelivery.fallback});

  const std::string own = request.user + (request.ext.empty() ? "" : '-' + request.ext);
  const std::string recipient = without_brackets(
      invocation.recipient.value_or(or_else(from_environment(environment, {"RECIPIENT"}), own)));
  const std::size_t at = std::min(recipient.rfind('@'), recipient.size());
  request.local = recipient.substr(0, at);
  request.host = at < recipient.size()
                     ? recipient.substr(at + 1)
                     : or_else(from_environment(environment, {"DOMAIN"}), host_name);

  if (request.user.empty()) return Error::later("no user: give --user");
  if (!request.home.starts_with('/')) {
    return Error::later("no home directory: give --home with an absolute path");
  }
  return request;
}

}  // namespace lbx::deliver
