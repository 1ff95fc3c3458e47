// SPDX-License-Identifier: MIT
// The value of an address field (To, From, ...) as data: RFC 822 section 6, RFC 5322 section 3.4,
// read as generously as qmail does (CONTRACT 1.14). Text comes in, mailboxes and the text around
// them come out; names of hosts are completed; the field is printed again. Printing loses no
// mailbox: what is printed is read back as the same list.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/message/tokens.h"

namespace lbx {

/// Octets that a printed line does not exceed, where there is a comma to fold after: RFC 5322
/// section 2.1.1.
inline constexpr std::size_t kFoldAt = 78;

/// One address as its tokens, without comments and source route. None at all is "<>".
struct Mailbox {
  Tokens tokens;
  bool operator==(const Mailbox&) const = default;
};

struct AddressList {
  /// In the order of the field: mailboxes, and whatever else is printed as it is.
  std::vector<std::variant<Token, Mailbox>> pieces;
  /// Nothing of it was contrary to all grammars; a field that is not whole should be left as it is.
  bool whole{true};
};

/// Blanks between mailboxes become commas. Where the text makes no sense all mailboxes that can be
/// seen in it are there, but it is not whole. An error is that of tokenize().
Result<AddressList> parse_address_list(std::string_view text);

/// What completes the names of hosts; as the control files of the same names (CONTRACT 3).
struct HostNames {
  Tokens default_host;
  Tokens default_domain;
  Tokens plus_domain;
};

/// The tokens of a configured name. One that is no sequence of tokens is one atom.
Tokens host_tokens(const std::string& name);

/// Completes one address (CONTRACT 1.14): no host: the default host; a host that ends in '+': the
/// plus domain instead; a host of one word: the default domain. Empty stays empty.
void qualify(Tokens& address, const HostNames& names);
void qualify(AddressList& list, const HostNames& names);

/// The addresses of the envelope, in the order of the field.
std::vector<std::string> addresses_of(const AddressList& list);

/// `Name: ...` with its line end, folded after commas.
std::string print_field(std::string_view name, const AddressList& list);

}  // namespace lbx
