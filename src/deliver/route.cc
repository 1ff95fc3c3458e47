// SPDX-License-Identifier: MIT
#include "deliver/route.h"

#include "core/base/ascii.h"
#include "core/wire/fields.h"

namespace lbx::deliver {
namespace {

constexpr std::string_view kOffer = "R";
constexpr std::string_view kIntroduction = "I";
constexpr std::size_t kOfferFields = 8;
constexpr std::size_t kIntroductionFields = 6;
constexpr std::size_t kRoutedFields = 7;

}  // namespace

std::string encode(const RouteOffer& offer) {
  const dotqmail::Request& to = offer.request;
  std::string out;
  wire::add_field(out, kOffer);
  wire::add_field(out, offer.number);
  for (const std::string* each : {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host}) {
    wire::add_field(out, *each);
  }
  return out;
}

std::optional<RouteOffer> decode_route_offer(std::string_view bytes) {
  const auto fields = wire::fields_of(bytes, kOfferFields, kOfferFields);
  if (!fields || fields->at(0) != kOffer) return std::nullopt;
  const auto number = ascii::parse_number(fields->at(1));
  if (!number) return std::nullopt;
  RouteOffer offer;
  offer.number = *number;
  dotqmail::Request& to = offer.request;
  std::size_t next = 2;
  for (std::string* each : {&to.user, &to.home, &to.local, &to.dash, &to.ext, &to.host}) {
    *each = fields->at(next++);
  }
  return offer;
}

std::string encode(const Introduction& introduction) {
  std::string out;
  wire::add_field(out, kIntroduction);
  wire::add_field(out, introduction.child);
  wire::add_field(out, introduction.route);
  wire::add_field(out, introduction.seconds);
  wire::add_field(out, std::uint64_t{introduction.uid});
  wire::add_field(out, introduction.address);
  return out;
}

std::optional<Introduction> decode_introduction(std::string_view bytes) {
  const auto fields = wire::fields_of(bytes, kIntroductionFields, kIntroductionFields);
  if (!fields || fields->at(0) != kIntroduction) return std::nullopt;
  const auto child = ascii::parse_number(fields->at(1));
  const auto route = ascii::parse_number(fields->at(2));
  const auto seconds = ascii::parse_number(fields->at(3));
  const auto uid = ascii::parse_number(fields->at(4));
  if (!child || !route || !seconds || !uid) return std::nullopt;
  return Introduction{*child, *route, *seconds, static_cast<uid_t>(*uid),
                      std::string{fields->at(5)}};
}

std::string encode(const RoutedOrder& order) {
  std::string out;
  wire::add_field(out, order.number);
  wire::add_field(out, order.route);
  wire::add_field(out, static_cast<std::uint64_t>(order.expires));
  wire::add_field(out, order.size);
  for (const std::string* each : {&order.sender, &order.attempt, &order.dsn}) {
    wire::add_field(out, *each);
  }
  return out;
}

Result<RoutedOrder> decode_routed_order(std::string_view bytes) {
  const auto fields = wire::fields_of(bytes, kRoutedFields, kRoutedFields);
  if (!fields) return Error::later("an order of another form");
  const auto number = ascii::parse_number(fields->at(0));
  const auto route = ascii::parse_number(fields->at(1));
  const auto expires = ascii::parse_number(fields->at(2));
  const auto size = ascii::parse_number(fields->at(3));
  if (!number || !route || !expires || !size) return Error::later("an unknown order");
  return RoutedOrder{*number,
                     *route,
                     static_cast<std::int64_t>(*expires),
                     *size,
                     std::string{fields->at(4)},
                     std::string{fields->at(5)},
                     std::string{fields->at(6)}};
}

}  // namespace lbx::deliver
