// SPDX-License-Identifier: MIT
#include "core/dotqmail/environment.h"

#include <gtest/gtest.h>

namespace lbx::dotqmail {
namespace {

const Request kRequest{"joe", "/home/joe",      "joe-a-b",          "-",
                       "a-b", "mail.x.example", "src@send.example", "./Maildir/"};

Environment of(const Request& request) {
  const EnvelopeLines lines = envelope_lines(request, {1'700'000'000, 0});
  return variables(request, lines, request.sender, std::nullopt);
}

TEST(EnvironmentTest, TellsProgramsWhoIsMeant) {
  const Environment env = of(kRequest);
  EXPECT_EQ(env.at("RECIPIENT"), "joe-a-b@mail.x.example");
  EXPECT_EQ(env.at("LOCAL"), "joe-a-b");
  EXPECT_EQ(env.at("EXT"), "a-b");
  EXPECT_EQ(env.at("EXT2"), "b");
  EXPECT_EQ(env.at("EXT3"), "");
  EXPECT_EQ(env.at("HOST2"), "mail.x");
  EXPECT_EQ(env.at("HOST3"), "mail");
  EXPECT_EQ(env.at("HOST4"), "mail");  // no dot is left: it stays
  EXPECT_EQ(env.count("DEFAULT"), 0U);
}

TEST(EnvironmentTest, TheLinesAreOneLineEach) {
  Request request = kRequest;
  request.local = "a\nb";
  request.sender = "x\ny z@q";
  const EnvelopeLines lines = envelope_lines(request, {1'700'000'000, 0});
  EXPECT_EQ(lines.delivered_to, "Delivered-To: a_b@mail.x.example\n");
  EXPECT_EQ(lines.return_path, "Return-Path: <\"x\\_y z\"@q>\n");
  EXPECT_EQ(lines.from, "From x-y-z@q Tue Nov 14 22:13:20 2023\n");
}

TEST(EnvironmentTest, ABounceIsFromTheMailerDaemon) {
  Request request = kRequest;
  request.sender = "";
  const EnvelopeLines lines = envelope_lines(request, {0, 0});
  EXPECT_EQ(lines.return_path, "Return-Path: <>\n");
  EXPECT_TRUE(lines.from.starts_with("From MAILER-DAEMON Thu Jan 01"));
}

TEST(EnvironmentTest, AnOwnerFileTakesTheBounces) {
  EXPECT_EQ(new_sender(kRequest, Owner::None), "src@send.example");
  EXPECT_EQ(new_sender(kRequest, Owner::Plain), "joe-a-b-owner@mail.x.example");
  EXPECT_EQ(new_sender(kRequest, Owner::PerRecipient), "joe-a-b-owner-@mail.x.example-@[]");
}

TEST(EnvironmentTest, BouncesAreNotGivenAnotherSender) {
  Request request = kRequest;
  for (const char* sender : {"", "#@[]"}) {
    request.sender = sender;
    EXPECT_EQ(new_sender(request, Owner::PerRecipient), sender);
  }
}

TEST(EnvironmentTest, DefaultIsNotInheritedFromAnotherDelivery) {
  const Environment inherited{{"DEFAULT", "leaked"}, {"PATH", "/bin"}, {"EXT", "old"}};
  const Environment env = with_variables(inherited, of(kRequest));
  EXPECT_EQ(env.count("DEFAULT"), 0U);
  EXPECT_EQ(env.at("PATH"), "/bin");
  EXPECT_EQ(env.at("EXT"), "a-b");
}

}  // namespace
}  // namespace lbx::dotqmail
