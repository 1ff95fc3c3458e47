// SPDX-License-Identifier: MIT
#include "service/auth/protocol.h"

#include <gtest/gtest.h>

#include "core/wire/datagram.h"

namespace lbx::auth {
namespace {

using namespace std::string_literals;

TEST(AuthProtocol, ReadsTheRequestsItWrites) {
  const Connection connection{true, false, "joe,1:x", "bind\0ing"s};
  const std::vector<Request> all{
      OfferRequest{7, connection},
      StartRequest{8, "PLAIN", "pop3", "2001:db8::1", connection, "\0joe\0x"s},
      StartRequest{9, "PLAIN", "pop3", "", {}, ""},
      StartRequest{9, "PLAIN", "pop3", "", {}, std::nullopt},
      StepRequest{10, "x,y:1"},
      StepRequest{18446744073709551615U, ""},
      CancelRequest{11}};
  for (const Request& each : all) {
    const Result<Request> again = parse_request(encode(each));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, each);
    EXPECT_EQ(id_of(*again), id_of(each));
  }
}

TEST(AuthProtocol, ReadsTheRepliesItWrites) {
  const Account account{"joe", Owner{1001, 1002}, "/home/joe", "/home/joe/Maildir/", 99};
  const Account self{"joe", std::nullopt, "/h", "/h/m", std::nullopt};
  const std::vector<Reply> all{OfferReply{1, {}},
                               OfferReply{1, {"PLAIN", "LOGIN"}},
                               ChallengeReply{2, "a\0b"s},
                               SuccessReply{3, account, "joe", "ticket"},
                               SuccessReply{3, self, "", ""},
                               FailureReply{4, FailureKind::Credentials},
                               FailureReply{4, FailureKind::Temporary},
                               FailureReply{4, FailureKind::Malformed},
                               FailureReply{4, FailureKind::NotOffered}};
  for (const Reply& each : all) {
    const Result<Reply> again = parse_reply(encode(each));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, each);
    EXPECT_EQ(id_of(*again), id_of(each));
  }
}

TEST(AuthProtocol, RefusesEverythingElse) {
  for (const std::string& bad :
       {""s, "x"s, "4:step,"s, "4:step,1:1,"s, "4:step,1:x,0:,"s, "4:step,1:1,0:"s,
        "4:step,1:1,1:,"s, "4:step,1:1,0:,0:,"s, "4:step,1:1,99999999999999999999:,"s,
        "7:success,1:1,"s, "7:failure,1:1,3:bad,"s, "5:offer,1:1,1:2,1:0,0:,0:,"s}) {
    EXPECT_FALSE(parse_request(bad)) << bad;
    if (!bad.starts_with("5:offer")) {
      EXPECT_FALSE(parse_reply(bad)) << bad;
    }
  }
}

TEST(AuthProtocol, TheLongestMessageOfAClientFitsIntoADatagram) {
  const StartRequest longest{18446744073709551615U,
                             "SCRAM-SHA-256-PLUS",
                             "submission",
                             std::string(45, 'a'),
                             Connection{true, true, std::string(255, 'c'), std::string(64, 'b')},
                             std::string(kMaxSaslMessage, 'x')};
  EXPECT_LE(encode(Request{longest}).size(), wire::kMaxDatagram);
}

}  // namespace
}  // namespace lbx::auth
