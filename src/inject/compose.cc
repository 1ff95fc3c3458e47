// SPDX-License-Identifier: MIT
#include "inject/compose.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/ascii.h"
#include "core/message/address.h"

namespace lbx::inject {
namespace {

enum class Use {
  None,
  Recipients,  // those who get it
  Originator,  // addresses, but nobody gets anything
  ReturnPath,
};

struct Known {
  std::string_view name;
  Use use;
  bool shown;
};

constexpr std::array kKnown{
    Known{"apparently-to", Use::Recipients, true},
    Known{"bcc", Use::Recipients, false},
    Known{"cc", Use::Recipients, true},
    Known{"content-length", Use::None, false},
    Known{"errors-to", Use::Originator, true},
    Known{"from", Use::Originator, true},
    Known{"reply-to", Use::Originator, true},
    Known{"resent-bcc", Use::Recipients, false},
    Known{"resent-cc", Use::Recipients, true},
    Known{"resent-from", Use::Originator, true},
    Known{"resent-reply-to", Use::Originator, true},
    Known{"resent-sender", Use::Originator, true},
    Known{"resent-to", Use::Recipients, true},
    Known{"return-path", Use::ReturnPath, false},
    Known{"return-receipt-to", Use::Originator, true},
    Known{"sender", Use::Originator, true},
    Known{"to", Use::Recipients, true},
};

/// Any of these makes it a message that somebody sends on: RFC 5322 section 3.6.6.
constexpr std::array<std::string_view, 8> kResent{
    "resent-bcc",        "resent-cc",       "resent-date",   "resent-from",
    "resent-message-id", "resent-reply-to", "resent-sender", "resent-to"};

constexpr std::string_view kResentPrefix = "resent-";
constexpr std::string_view kVerpSuffix = "-@[]";

const Known* known(std::string_view name) {
  const auto* const found = std::ranges::find(kKnown, name, &Known::name);
  return found == kKnown.end() ? nullptr : found;
}

std::string one_line(const std::string& text) {
  return ascii::replace(ascii::replace(text, '\n', ' '), '\r', ' ');
}

/// Nobody's name may bring fields of its own along.
Circumstances without_line_ends(Circumstances circumstances) {
  Author& author = circumstances.author;
  for (std::string* const each : {&author.user, &author.host, &author.sender_user,
                                  &author.sender_host, &circumstances.id_host}) {
    *each = one_line(*each);
  }
  if (author.name) author.name = one_line(*author.name);
  return circumstances;
}

class Composer {
 public:
  explicit Composer(const Circumstances& circumstances)
      : circumstances_{without_line_ends(circumstances)} {}

  Result<void> take(const RawField& field);
  Result<Composed> finish(const std::optional<std::string>& sender);

 private:
  Result<void> take_addresses(const RawField& field, const std::string& name, const Known& row);
  void take_recipients(const std::string& name, std::vector<std::string> addresses);
  bool has(const std::string& name) const { return seen_.contains(name); }
  bool resent() const {
    return std::ranges::any_of(
        kResent, [this](std::string_view each) { return seen_.contains(std::string{each}); });
  }

  Result<std::string> sender_of(const std::optional<std::string>& asked_for) const;
  Result<std::string> added_fields() const;
  Result<std::string> from_field(const std::string& prefix) const;
  std::string mail_followup_to() const;

  Circumstances circumstances_;
  std::string header_;
  std::set<std::string> seen_;
  std::vector<std::string> recipients_;
  std::vector<std::string> resent_recipients_;
  std::vector<std::string> to_and_cc_;
  std::optional<std::string> return_path_;
};

Result<void> Composer::take(const RawField& field) {
  const std::string name = ascii::to_lower(field.name());
  const Habits& habits = circumstances_.habits;
  if (habits.drop_from && name == "from") return {};
  if (habits.drop_message_id && name == "message-id") return {};
  if (habits.ignore_return_path && name == "return-path") return {};

  seen_.insert(name);
  const Known* const row = known(name);
  if (row == nullptr) {
    header_ += field.text;
    return {};
  }
  return row->use == Use::None ? Result<void>{} : take_addresses(field, name, *row);
}

Result<void> Composer::take_addresses(const RawField& field, const std::string& name,
                                      const Known& row) {
  Result<AddressList> list = parse_address_list(field.value());
  if (list) qualify(*list, circumstances_.hosts);
  const bool readable = list && list->whole;
  if (!readable && row.use != Use::Recipients) {
    return Error::never("unable to parse this line: " +
                        std::string{ascii::trim_end(one_line(field.text))});
  }
  if (row.shown) header_ += readable ? print_field(field.name(), *list) : field.text;

  std::vector<std::string> addresses = list ? addresses_of(*list) : std::vector<std::string>{};
  if (row.use == Use::Recipients) {
    take_recipients(name, std::move(addresses));
  } else if (row.use == Use::ReturnPath && !addresses.empty() && !return_path_) {
    return_path_ = addresses.back();
  }
  return {};
}

void Composer::take_recipients(const std::string& name, std::vector<std::string> addresses) {
  std::ranges::reverse(addresses);
  std::vector<std::string>& all =
      name.starts_with(kResentPrefix) ? resent_recipients_ : recipients_;
  all.insert(all.end(), addresses.begin(), addresses.end());
  if (name == "to" || name == "cc") {
    to_and_cc_.insert(to_and_cc_.end(), addresses.begin(), addresses.end());
  }
}

Result<Composed> Composer::finish(const std::optional<std::string>& sender) {
  Composed out;
  out.sender = LBX_TRY(sender_of(sender));
  out.header = LBX_TRY(added_fields());
  out.header += header_;
  out.recipients = resent() ? std::move(resent_recipients_) : std::move(recipients_);
  return out;
}

Result<std::string> Composer::sender_of(const std::optional<std::string>& asked_for) const {
  if (asked_for) return *asked_for;
  const Habits& habits = circumstances_.habits;
  const std::string suffix{habits.verp ? kVerpSuffix : std::string_view{}};
  if (return_path_) return *return_path_ + suffix;

  std::string local = circumstances_.author.sender_user;
  if (habits.sender_per_message) {
    local += '-' + std::to_string(circumstances_.now) + '.' + std::to_string(circumstances_.pid);
  }
  if (habits.verp) local += '-';
  AddressList list = LBX_TRY(parse_address_list(
      quote_sender(local + '@') + with_backslashes(circumstances_.author.sender_host)));
  qualify(list, circumstances_.hosts);
  const std::vector<std::string> addresses = addresses_of(list);
  return (addresses.empty() ? std::string{} : addresses.back()) + suffix;
}

/// Date, Message-ID, From and a list of recipients, where they are missing (RFC 5322 section 3.6).
Result<std::string> Composer::added_fields() const {
  const std::string prefix = resent() ? "Resent-" : "";
  const std::string key = ascii::to_lower(prefix);
  std::string out;
  if (!has(key + "date")) {
    out += prefix + "Date: " + format_rfc822(circumstances_.now, circumstances_.zone) + '\n';
  }
  if (!has(key + "message-id")) {
    out += prefix + "Message-ID: <" + format_compact(circumstances_.now) + '.' +
           std::to_string(circumstances_.pid) + ".qmail@" + circumstances_.id_host + ">\n";
  }
  if (!has(key + "from")) out += LBX_TRY(from_field(prefix));
  if (!has(key + "to") && !has(key + "cc")) out += prefix + "Cc: recipient list not shown: ;\n";
  if (!resent()) out += mail_followup_to();
  return out;
}

Result<std::string> Composer::from_field(const std::string& prefix) const {
  const Author& author = circumstances_.author;
  std::string text = quote_sender(author.user + '@') + with_backslashes(author.host);
  if (author.name && circumstances_.habits.name_as_comment) {
    text += ' ' + as_comment(*author.name);
  } else if (author.name) {
    text.insert(0, in_quotes(*author.name) + " <");
    text += '>';
  }
  AddressList list = LBX_TRY(parse_address_list(text));
  qualify(list, circumstances_.hosts);
  return print_field(prefix + "From", list);
}

/// Where replies to a list should go: to all who got the message.
std::string Composer::mail_followup_to() const {
  const auto is_list = [this](const std::string& address) {
    return std::ranges::any_of(circumstances_.lists, [&](const std::string& list) {
      return ascii::equal_fold(list, address);
    });
  };
  if (has("mail-followup-to") || !std::ranges::any_of(to_and_cc_, is_list)) return {};
  std::string out;
  const std::vector<std::string> all{to_and_cc_.rbegin(), to_and_cc_.rend()};
  for (const std::string& each : all) {
    out += (out.empty() ? "Mail-Followup-To: " : ",\n  ") + quote_sender(each);
  }
  return out + '\n';
}

}  // namespace

Habits read_habits(const std::string& letters) {
  const auto has = [&letters](char c) { return letters.find(c) != std::string::npos; };
  return {has('c'), has('s'), has('f'), has('i'), has('r'), has('m')};
}

Result<std::string> complete_argument(const std::string& text, const HostNames& hosts) {
  if (text.find_first_of("\r\n") != std::string::npos)
    return Error::never("a line end in an address");
  const std::size_t at = std::min(text.rfind('@'), text.size());
  Tokens host = LBX_TRY(tokenize(std::string_view{text}.substr(at)));
  std::erase_if(host, [](const Token& token) { return token.kind == Token::Kind::Comment; });
  // The local part stands for itself, whatever it is.
  host.insert(host.begin(), {Token::Kind::Literal, {}, false});
  qualify(host, hosts);
  host.erase(host.begin());
  return text.substr(0, at) + meaning(host);
}

Result<Composed> compose(const std::vector<RawField>& fields, const Circumstances& circumstances,
                         const std::optional<std::string>& sender) {
  Composer composer{circumstances};
  for (const RawField& field : fields) LBX_TRY(composer.take(field));
  return composer.finish(sender);
}

}  // namespace lbx::inject
