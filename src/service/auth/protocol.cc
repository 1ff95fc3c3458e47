// SPDX-License-Identifier: MIT
#include "service/auth/protocol.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/base/ascii.h"
#include "core/wire/netstrings.h"

namespace lbx::auth {
namespace {

using Fields = std::vector<std::string>;

constexpr std::size_t kMaxFields = 64;
constexpr std::array<std::pair<FailureKind, std::string_view>, 4> kKinds{{
    {FailureKind::Credentials, "credentials"},
    {FailureKind::Temporary, "temporary"},
    {FailureKind::Malformed, "malformed"},
    {FailureKind::NotOffered, "not-offered"},
}};

std::string flag(bool set) {
  return set ? "1" : "0";
}

Result<bool> parse_flag(const std::string& text) {
  if (text != "0" && text != "1") return Error::never("not 0 or 1");
  return text == "1";
}

void append(Fields& fields, const Connection& connection) {
  fields.insert(fields.end(), {flag(connection.tls), flag(connection.loopback),
                               connection.certificate, connection.channel_binding});
}

/// The four fields from `first` on.
Result<Connection> parse_connection(const Fields& fields, std::size_t first) {
  const bool tls = LBX_TRY(parse_flag(fields[first]));
  const bool loopback = LBX_TRY(parse_flag(fields[first + 1]));
  return Connection{tls, loopback, fields[first + 2], fields[first + 3]};
}

Result<ExchangeId> parse_id(const Fields& fields) {
  const auto id = fields.size() < 2 ? std::nullopt : ascii::parse_number(fields[1]);
  if (!id) return Error::never("a message without a number");
  return *id;
}

Result<Request> parse_start(ExchangeId id, const Fields& fields) {
  // LBX_TRY must not stand between braces: what is made before it would leak.
  Connection connection = LBX_TRY(parse_connection(fields, 5));
  StartRequest start{id, fields[2], fields[3], fields[4], std::move(connection), std::nullopt};
  if (fields.size() == 10) start.initial = fields[9];
  return Request{std::move(start)};
}

struct RequestFields {
  Fields operator()(const OfferRequest& each) const {
    Fields fields{"offer", std::to_string(each.id)};
    append(fields, each.connection);
    return fields;
  }
  Fields operator()(const StartRequest& each) const {
    Fields fields{"start", std::to_string(each.id), each.mechanism, each.protocol, each.address};
    append(fields, each.connection);
    if (each.initial) fields.push_back(*each.initial);
    return fields;
  }
  Fields operator()(const StepRequest& each) const {
    return {"step", std::to_string(each.id), each.bytes};
  }
  Fields operator()(const CancelRequest& each) const { return {"cancel", std::to_string(each.id)}; }
  Fields operator()(const RedeemRequest& each) const {
    return {"redeem", std::to_string(each.id), each.ticket};
  }
};

struct ReplyFields {
  Fields operator()(const OfferReply& each) const {
    Fields fields{"offer", std::to_string(each.id)};
    fields.insert(fields.end(), each.mechanisms.begin(), each.mechanisms.end());
    return fields;
  }
  Fields operator()(const ChallengeReply& each) const {
    return {"challenge", std::to_string(each.id), each.bytes};
  }
  Fields operator()(const SuccessReply& each) const {
    const Account& account = each.account;
    return {"success",
            std::to_string(each.id),
            account.name,
            account.owner ? std::to_string(account.owner->uid) : "",
            account.owner ? std::to_string(account.owner->gid) : "",
            account.home,
            account.maildir,
            account.quota ? std::to_string(*account.quota) : "",
            each.authzid,
            each.ticket};
  }
  Fields operator()(const FailureReply& each) const {
    const auto* const found =
        std::ranges::find(kKinds, each.kind, &std::pair<FailureKind, std::string_view>::first);
    return {"failure", std::to_string(each.id), std::string{found->second}};
  }
};

Result<std::optional<Owner>> parse_owner(const std::string& uid, const std::string& gid) {
  if (uid.empty() && gid.empty()) return std::optional<Owner>{};
  const auto user = ascii::parse_number(uid);
  const auto group = ascii::parse_number(gid);
  constexpr auto kMost = std::numeric_limits<uid_t>::max();
  if (!user || !group || *user >= kMost || *group >= kMost) return Error::never("no owner");
  return std::optional{Owner{static_cast<uid_t>(*user), static_cast<gid_t>(*group)}};
}

Result<Reply> parse_success(ExchangeId id, const Fields& fields) {
  const std::optional<Owner> owner = LBX_TRY(parse_owner(fields[3], fields[4]));
  Account account{fields[2], owner, fields[5], fields[6], std::nullopt};
  if (!fields[7].empty()) {
    account.quota = ascii::parse_number(fields[7]);
    if (!account.quota) return Error::never("no quota");
  }
  return Reply{SuccessReply{id, std::move(account), fields[8], fields[9]}};
}

}  // namespace

std::string encode(const Request& request) {
  return wire::join_netstrings(std::visit(RequestFields{}, request));
}

std::string encode(const Reply& reply) {
  return wire::join_netstrings(std::visit(ReplyFields{}, reply));
}

Result<Request> parse_request(std::string_view message) {
  const Fields fields = LBX_TRY(wire::split_netstrings(message, kMaxFields));
  const ExchangeId id = LBX_TRY(parse_id(fields));
  const std::string& kind = fields.front();
  if (kind == "start" && (fields.size() == 9 || fields.size() == 10))
    return parse_start(id, fields);
  if (kind == "step" && fields.size() == 3) return Request{StepRequest{id, fields[2]}};
  if (kind == "redeem" && fields.size() == 3) return Request{RedeemRequest{id, fields[2]}};
  if (kind == "cancel" && fields.size() == 2) return Request{CancelRequest{id}};
  if (kind == "offer" && fields.size() == 6) {
    Connection connection = LBX_TRY(parse_connection(fields, 2));
    return Request{OfferRequest{id, std::move(connection)}};
  }
  return Error::never("no such request");
}

Result<Reply> parse_reply(std::string_view message) {
  const Fields fields = LBX_TRY(wire::split_netstrings(message, kMaxFields));
  const ExchangeId id = LBX_TRY(parse_id(fields));
  const std::string& kind = fields.front();
  if (kind == "challenge" && fields.size() == 3) return Reply{ChallengeReply{id, fields[2]}};
  if (kind == "success" && fields.size() == 10) return parse_success(id, fields);
  if (kind == "offer") return Reply{OfferReply{id, {fields.begin() + 2, fields.end()}}};
  for (const auto& [failure, word] : kKinds) {
    if (kind == "failure" && fields.size() == 3 && fields[2] == word) {
      return Reply{FailureReply{id, failure}};
    }
  }
  return Error::never("no such reply");
}

ExchangeId id_of(const Request& request) {
  return std::visit([](const auto& each) { return each.id; }, request);
}

ExchangeId id_of(const Reply& reply) {
  return std::visit([](const auto& each) { return each.id; }, reply);
}

}  // namespace lbx::auth
