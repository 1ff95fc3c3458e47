// SPDX-License-Identifier: MIT
#include "inject/inject.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/control/control_directory.h"
#include "core/control/settings.h"
#include "core/control/value.h"
#include "core/message/address.h"
#include "core/users/own_account.h"
#include "core/wire/queue_client.h"
#include "inject/compose.h"
#include "inject/input.h"

namespace lbx::inject {
namespace {

using Names = std::initializer_list<const char*>;

std::optional<std::string> first_of(const Environment& environment, Names names) {
  for (const char* const name : names) {
    std::optional<std::string> value = lookup(environment, name);
    if (value) return value;
  }
  return std::nullopt;
}

Result<std::string> name_of(const System& system, const control::ControlDirectory& control,
                            const char* variable, const control::Line& setting) {
  std::optional<std::string> value = lookup(system.environment, variable);
  if (value) return *std::move(value);
  return control.get(setting);
}

/// Whoever has no environment is who the kernel says he is.
std::string login_name(System& system) {
  const Result<std::optional<users::Account>> account = users::account_of_uid(system, ::getuid());
  return account && *account ? (*account)->name : "anonymous";
}

Author author_of(System& system, const std::string& default_host) {
  const Environment& environment = system.environment;
  Author author;
  const auto user = first_of(environment, {"QMAILUSER", "MAILUSER", "USER", "LOGNAME"});
  author.user = user ? *user : login_name(system);
  author.host = first_of(environment, {"QMAILHOST", "MAILHOST"}).value_or(default_host);
  author.name = first_of(environment, {"QMAILNAME", "MAILNAME", "NAME"});
  author.sender_user = lookup(environment, "QMAILSUSER").value_or(author.user);
  author.sender_host = lookup(environment, "QMAILSHOST").value_or(author.host);
  return author;
}

Result<std::vector<std::string>> lists_of(System& system) {
  const std::optional<std::string> path = lookup(system.environment, "QMAILMFTFILE");
  if (!path) return std::vector<std::string>{};
  const Result<UniqueFd> file = system.files.open_at(AT_FDCWD, *path, O_RDONLY | O_NONBLOCK);
  if (!file && file.error().os_error == ENOENT) return std::vector<std::string>{};
  if (!file) return file.error();
  const std::string text = LBX_TRY(read_whole(system.files, file->get(), kMaxListsFile, *path));
  return control::list_lines(text);
}

Result<Circumstances> circumstances_of(System& system) {
  const control::ControlDirectory control{system.files, mail_home(system.environment)};
  const std::string host =
      LBX_TRY(name_of(system, control, "QMAILDEFAULTHOST", control::kDefaultHost));
  const std::string domain =
      LBX_TRY(name_of(system, control, "QMAILDEFAULTDOMAIN", control::kDefaultDomain));
  const std::string plus =
      LBX_TRY(name_of(system, control, "QMAILPLUSDOMAIN", control::kPlusDomain));

  Circumstances out;
  out.hosts = {host_tokens(host), host_tokens(domain), host_tokens(plus)};
  out.id_host = LBX_TRY(name_of(system, control, "QMAILIDHOST", control::kIdHost));
  out.author = author_of(system, host);
  out.habits = read_habits(lookup(system.environment, "QMAILINJECT").value_or(""));
  out.lists = LBX_TRY(lists_of(system));
  out.now = system.clock.now().seconds;
  const std::string_view dates = LBX_TRY(control.get(control::kDates));
  if (dates == "local") out.zone = zone_of(out.now);
  out.pid = system.pid;
  return out;
}

using Write = std::function<Result<void>(std::string_view)>;

/// The message with its last line ended.
Result<void> write_message(System& system, const std::string& header, const std::string& body,
                           const Write& write) {
  LBX_TRY(write(header));
  LBX_TRY(write(body));
  char last = body.empty() ? '\n' : body.back();
  const auto write_on = [&](std::string_view bytes) -> Result<bool> {
    last = bytes.back();
    LBX_TRY(write(bytes));
    return true;
  };
  LBX_TRY(read_input(system, write_on));
  if (last != '\n') LBX_TRY(write("\n"));
  return {};
}

Result<void> print(System& system, const Composed& composed, const std::string& body) {
  const std::string path = "Return-Path: <" + quote_sender(composed.sender) + ">\n";
  return write_message(system, path + composed.header, body, [&](std::string_view bytes) {
    return write_all(system.files, STDOUT_FILENO, bytes);
  });
}

Result<void> queue(System& system, const Composed& composed, const std::string& body,
                   std::vector<std::string> recipients) {
  wire::QueueSubmission queue = LBX_TRY(wire::QueueSubmission::open(system, system.environment));
  const Result<void> written = write_message(system, composed.header, body,
                                             [&queue](std::string_view bytes) -> Result<void> {
                                               queue.write(bytes);
                                               return {};
                                             });
  if (!written) queue.abandon();
  LBX_TRY(std::move(queue).finish({composed.sender, std::move(recipients)}));
  return {};
}

bool takes_header(const Request& request) {
  using Recipients = Request::Recipients;
  return request.recipients == Recipients::Header || request.recipients == Recipients::Both ||
         (request.recipients == Recipients::ArgumentsElseHeader && request.arguments.empty());
}

/// An empty sender is that of a bounce, and complete as it is.
Result<std::optional<std::string>> sender_of(const Request& request, const HostNames& hosts) {
  if (!request.sender || request.sender->empty()) return request.sender;
  std::string complete = LBX_TRY(complete_argument(*request.sender, hosts));
  return std::optional<std::string>{std::move(complete)};
}

}  // namespace

Result<void> submit(System& system, const Request& request) {
  const Circumstances circumstances = LBX_TRY(circumstances_of(system));
  const std::optional<std::string> sender = LBX_TRY(sender_of(request, circumstances.hosts));
  std::vector<std::string> recipients;
  if (request.recipients != Request::Recipients::Header) {
    for (const std::string& each : request.arguments) {
      recipients.push_back(LBX_TRY(complete_argument(each, circumstances.hosts)));
    }
  }

  const HeadReader head = LBX_TRY(read_head(system));
  const Composed composed = LBX_TRY(compose(head.fields(), circumstances, sender));
  if (takes_header(request)) {
    recipients.insert(recipients.end(), composed.recipients.begin(), composed.recipients.end());
  }
  if (request.print) return print(system, composed, head.body());
  return queue(system, composed, head.body(), std::move(recipients));
}

}  // namespace lbx::inject
