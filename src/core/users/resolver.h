// SPDX-License-Identifier: MIT
// Address to who delivers for it, and with which .qmail files: locals and virtual domains (CONTRACT
// 1.8), then users/cdb, then the accounts, then the alias user (CONTRACT 1.2 to 1.4).
//
// Files are read when they are first needed, and again when stat(2) shows that they have changed;
// a file that was changed within the last seconds is read at every call, since its next change
// might leave the same times. So a Resolver may live as long as its process.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/system.h"
#include "core/control/control_directory.h"
#include "core/users/accounts.h"
#include "core/users/domains.h"

namespace lbx::users {

// What qmail-lspawn reports word for word (CONTRACT 1.2). An error of a Resolver is one of these,
// kNoAliasUser (accounts.h), or one of its own: a control file or an account database that cannot
// be read, a home directory that is no absolute path.
inline constexpr std::string_view kTroubleReadingCdb = "Trouble reading users/cdb in qmail-lspawn.";
inline constexpr std::string_view kNotAsRoot = "Not allowed to perform deliveries as root.";

struct Resolution {
  enum class Kind { Mine, Foreign };                 // Foreign: nobody here delivers for the domain
  enum class Source { Assignment, Account, Alias };  // users/cdb, passwd(5), the alias user

  Kind kind{Kind::Foreign};
  Domain domain{Domain::Elsewhere};  // why it is ours, or that it is not
  Source source{Source::Alias};
  std::string local;          // what was looked up; of a virtual domain "joe-shop-info"
  std::string host;           // as given, or as control/envnoathost and control/percenthack say
  std::string virtual_entry;  // the line of control/virtualdomains that decided, or ""
  std::string assignment;     // the line of users/assign that matched: "=joe", "+joe-"; or ""
  Controller controller;      // of what is Mine

  bool mine() const { return kind == Kind::Mine; }
};

class Resolver {
 public:
  /// Opens nothing. All three must outlive it.
  Resolver(System& system, Accounts& accounts, const control::ControlDirectory& control);
  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) = delete;
  ~Resolver();

  /// Every error is Retry::Later. An empty domain: an address without '@'. A user without rights to
  /// deliver for (uid 0) is an error, kNotAsRoot.
  Result<Resolution> resolve(const std::string& local, const std::string& domain);

  /// Reads what resolve() would find changed, so that a child that is forked now has it. What fails
  /// here fails there again.
  void refresh();

  /// The same as resolve() for what is local already, as qmail-send hands it to qmail-lspawn:
  /// neither locals nor virtual domains are asked, `host` is kept, and the result is Mine.
  Result<Resolution> resolve_local(const std::string& local, const std::string& host);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lbx::users
