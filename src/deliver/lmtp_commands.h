// SPDX-License-Identifier: MIT
// The commands of LMTP, one row each (lmtp_commands.cc).
#pragma once

#include <string_view>

namespace lbx::deliver {

class LmtpSession;

struct LmtpCommands {
  /// Does what a command line without its end asks for.
  static void run(LmtpSession& session, std::string_view line);

 private:
  static void bdat(LmtpSession& session, std::string_view rest);
  static void data(LmtpSession& session, std::string_view rest);
  static void help(LmtpSession& session, std::string_view rest);
  static void lhlo(LmtpSession& session, std::string_view rest);
  static void mail(LmtpSession& session, std::string_view rest);
  static void noop(LmtpSession& session, std::string_view rest);
  static void other_greeting(LmtpSession& session, std::string_view rest);
  static void quit(LmtpSession& session, std::string_view rest);
  static void rcpt(LmtpSession& session, std::string_view rest);
  static void rset(LmtpSession& session, std::string_view rest);
  static void starttls(LmtpSession& session, std::string_view rest);
  static void vrfy(LmtpSession& session, std::string_view rest);
  static void xforward(LmtpSession& session, std::string_view rest);
  /// RFC 5321 section 4.3.2: arguments where none belong are an error.
  static bool has_no_arguments(LmtpSession& session, std::string_view rest);
};

/// Whether the line is a RCPT: the command whose answers may come together.
bool is_rcpt(std::string_view line);

}  // namespace lbx::deliver
