// SPDX-License-Identifier: MIT
#include "service/auth/auth_client.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <thread>

#include "core/wire/datagram.h"
#include "service/auth/account_editor.h"
#include "service/auth/auth_server.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::auth {
namespace {

using testing::ElementsAre;
using testing_support::ScratchDirectory;
using testing_support::TestSystem;

TEST(AuthClient, KeepsWhatTheOtherSideDoesNotTakeAndNotWithoutEnd) {
  wire::SocketPair pair = wire::make_socket_pair().value();
  AuthClient client{std::move(pair.ours)};
  const Request request = CancelRequest{1};
  while (!client.has_unsent()) ASSERT_TRUE(client.send(request));
  Result<void> sent;
  for (std::size_t i = 0; sent && i < kMaxUnsent; ++i) sent = client.send(request);
  EXPECT_FALSE(sent);
  while (wire::receive_datagram(pair.theirs.get(), wire::Wait::No)) {
  }
  EXPECT_TRUE(client.flush());
  EXPECT_FALSE(client.receive()->has_value());
}

TEST(AuthClient, SaysThatTheServerHasGoneOrTalksNonsense) {
  wire::SocketPair pair = wire::make_socket_pair().value();
  AuthClient client{std::move(pair.ours)};
  ASSERT_TRUE(wire::send_datagram(pair.theirs.get(), "nonsense", -1, wire::Wait::No));
  EXPECT_FALSE(client.receive());
  pair.theirs.reset();
  EXPECT_FALSE(client.receive());
  EXPECT_FALSE(client.send(CancelRequest{1}));
  EXPECT_FALSE(AuthClient::connect("/nonexistent/socket"));
  EXPECT_FALSE(AuthClient::connect(std::string(200, 'x')));
}

TEST(AuthClient, SendsNothingThatIsTooLong) {
  wire::SocketPair pair = wire::make_socket_pair().value();
  AuthClient client{std::move(pair.ours)};
  EXPECT_FALSE(client.send(StepRequest{1, std::string(wire::kMaxDatagram, 'x')}));
  EXPECT_FALSE(client.has_unsent());
}

/// A real server over an account file with joe in it.
class AuthServerTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<AccountEditor> editor = AccountEditor::open(outside.files, scratch.path());
    ASSERT_TRUE(editor);
    Record joe =
        *parse_record("joe:self:/h:m:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5:::");
    ASSERT_TRUE(editor->put(joe));
    listener = listen_at(scratch.path("socket")).value();
    stop.reset(::eventfd(0, EFD_CLOEXEC));
    const control::ControlDirectory control{outside.files, scratch.path()};
    authenticator =
        Authenticator::open(outside.system, accounts, control, "/nonexistent", 1).value();
    server = std::make_unique<AuthServer>(*authenticator, outside.randomness,
                                          WorkerPool::start(2).value(), Millis{0},
                                          std::vector<uid_t>{::geteuid()});
    thread = std::thread{[this] { EXPECT_TRUE(server->serve(listener.get(), stop.get())); }};
  }
  void TearDown() override {
    static_cast<void>(::eventfd_write(stop.get(), 1));
    thread.join();
  }

  /// Somebody else asks whose it is, twice.
  void expect_redeemed_once(const SuccessReply& success) {
    Result<AuthClient> spawner = AuthClient::connect(scratch.path("socket"));
    ASSERT_TRUE(spawner) << spawner.error().what;
    for (const bool good : {true, false}) {
      ASSERT_TRUE(spawner->send(RedeemRequest{7, success.ticket}));
      const Result<Reply> reply = spawner->wait(60'000);
      ASSERT_TRUE(reply) << reply.error().what;
      const Reply known = SuccessReply{7, success.account, "", ""};
      const Reply unknown = FailureReply{7, FailureKind::Credentials};
      EXPECT_EQ(*reply, good ? known : unknown);
    }
  }

  ScratchDirectory scratch;
  TestSystem outside;
  users::SystemAccounts accounts;
  UniqueFd listener;
  UniqueFd stop;
  std::unique_ptr<Authenticator> authenticator;
  std::unique_ptr<AuthServer> server;
  std::thread thread;
};

constexpr int kPatienceMs = 60'000;

TEST_F(AuthServerTest, AnswersAClient) {
  Result<AuthClient> client = AuthClient::connect(scratch.path("socket"));
  ASSERT_TRUE(client) << client.error().what;
  const Connection tls{true, false, "", ""};
  ASSERT_TRUE(client->send(OfferRequest{client->next_id(), tls}));
  const Result<Reply> offer = client->wait(kPatienceMs);
  ASSERT_TRUE(offer) << offer.error().what;
  EXPECT_THAT(std::get<OfferReply>(*offer).mechanisms, ElementsAre("PLAIN", "LOGIN"));

  for (const std::string& password : {std::string{"Hello world!"}, std::string{"wrong"}}) {
    const ExchangeId id = client->next_id();
    ASSERT_TRUE(
        client->send(StartRequest{id, "PLAIN", "pop3", "", tls, plain_message("joe", password)}));
    const Result<Reply> reply = client->wait(kPatienceMs);
    ASSERT_TRUE(reply) << reply.error().what;
    const Account joe{"joe", std::nullopt, "/h", "/h/m", std::nullopt};
    if (password == "wrong") {
      EXPECT_EQ(*reply, (Reply{FailureReply{id, FailureKind::Credentials}}));
      continue;
    }
    const auto& success = std::get<SuccessReply>(*reply);
    EXPECT_EQ(success.account, joe);
    EXPECT_EQ(success.ticket.size(), 32U);
    expect_redeemed_once(success);
  }
}

TEST_F(AuthServerTest, AServerThatIsThereKeepsItsSocket) {
  EXPECT_FALSE(listen_at(scratch.path("socket")));
  EXPECT_TRUE(AuthClient::connect(scratch.path("socket")));
}

}  // namespace
}  // namespace lbx::auth
