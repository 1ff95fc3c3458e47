// SPDX-License-Identifier: MIT
#include "service/auth/offer.h"

#include <gmock/gmock.h>

namespace lbx::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Abilities kAll{true, true, true};
const Connection kTls{true, false, "", ""};
const Connection kPlain{false, false, "", ""};
const Connection kLoopback{false, true, "", ""};

TEST(Offer, PlaintextGoesOnlyWhereThePolicyLetsIt) {
  using enum PlaintextPolicy;
  for (const PlaintextPolicy policy : {TlsOrLoopback, Tls, Always}) {
    EXPECT_TRUE(plaintext_allowed(kTls, policy));
    EXPECT_EQ(plaintext_allowed(kLoopback, policy), policy != Tls);
    EXPECT_EQ(plaintext_allowed(kPlain, policy), policy == Always);
  }
}

TEST(Offer, HasTheBestFirst) {
  EXPECT_THAT(offered(kAll, kTls, PlaintextPolicy::Tls),
              ElementsAre("SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"));
  EXPECT_THAT(offered(kAll, kPlain, PlaintextPolicy::TlsOrLoopback), ElementsAre("SCRAM-SHA-256"));
}

TEST(Offer, HoldsOnlyWhatTheSourcesCanServe) {
  EXPECT_THAT(offered({}, kTls, PlaintextPolicy::Always), IsEmpty());
  EXPECT_THAT(offered({true, false, false}, kTls, PlaintextPolicy::Always),
              ElementsAre("PLAIN", "LOGIN"));
}

TEST(Offer, CertificatesAndBindingsNeedTls) {
  const Connection all{true, false, "joe", "binding"};
  EXPECT_THAT(offered({false, true, false}, all, PlaintextPolicy::Tls),
              ElementsAre("EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"));
  EXPECT_THAT(offered({false, true, false}, {false, true, "joe", "binding"}, PlaintextPolicy::Tls),
              ElementsAre("SCRAM-SHA-256"));
}

}  // namespace
}  // namespace lbx::auth
