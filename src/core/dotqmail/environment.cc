// SPDX-License-Identifier: MIT
#include "core/dotqmail/environment.h"

#include "core/base/ascii.h"
#include "core/message/address.h"
#include "core/message/date.h"

namespace lbx::dotqmail {
namespace {

std::string one_line(std::string_view text) {
  return ascii::replace(text, '\n', '_');
}

/// A sender must not look like several words of a From_ line.
std::string from_line_sender(std::string_view sender) {
  if (sender.empty()) return "MAILER-DAEMON";
  return ascii::replace(ascii::replace(ascii::replace(sender, ' ', '-'), '\t', '-'), '\n', '-');
}

std::string_view after_hyphen(std::string_view text) {
  const std::size_t at = text.find('-');
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
}

/// Without its last label; as it is where there is only one.
std::string_view before_last_dot(std::string_view text) {
  return text.substr(0, text.rfind('.'));
}

void add_parts(Environment& out, const Request& request) {
  std::string_view ext = request.ext;
  std::string_view host = request.host;
  for (const char* number : {"2", "3", "4"}) {
    ext = after_hyphen(ext);
    host = before_last_dot(host);
    out[std::string{"EXT"} + number] = ext;
    out[std::string{"HOST"} + number] = host;
  }
}

}  // namespace

EnvelopeLines envelope_lines(const Request& request, Instant now) {
  return {"Delivered-To: " + one_line(request.local + '@' + request.host) + '\n',
          "Return-Path: <" + one_line(quote_sender(request.sender)) + ">\n",
          "From " + from_line_sender(request.sender) + ' ' + format_asctime(now.seconds) + '\n'};
}

std::string new_sender(const Request& request, Owner owner) {
  if (request.sender.empty() || request.sender == "#@[]") return request.sender;
  switch (owner) {
    case Owner::PerRecipient:
      return request.local + "-owner-@" + request.host + "-@[]";
    case Owner::Plain:
      return request.local + "-owner@" + request.host;
    case Owner::None:
      break;
  }
  return request.sender;
}

Environment variables(const Request& request, const EnvelopeLines& lines,
                      const std::string& new_sender,
                      const std::optional<std::string>& default_part) {
  Environment out{
      {"SENDER", request.sender},
      {"NEWSENDER", new_sender},
      {"RECIPIENT", request.local + '@' + request.host},
      {"USER", request.user},
      {"HOME", request.home},
      {"LOCAL", request.local},
      {"HOST", request.host},
      {"EXT", request.ext},
      {"DTLINE", lines.delivered_to},
      {"RPLINE", lines.return_path},
      {"UFLINE", lines.from},
  };
  add_parts(out, request);
  if (default_part) out["DEFAULT"] = *default_part;
  return out;
}

Environment with_variables(Environment inherited, const Environment& ours) {
  inherited.erase("DEFAULT");
  for (const auto& [name, value] : ours) inherited[name] = value;
  return inherited;
}

}  // namespace lbx::dotqmail
