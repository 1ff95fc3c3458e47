// SPDX-License-Identifier: MIT
#include "queue/admission.h"

#include <gtest/gtest.h>

namespace lbx::queue {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() {
    const std::vector<std::string> lines{"here"};
    routes.domains.locals = users::domain_set(lines);
    routes.delimiters = "-";
  }
  Notify notify(const char* words) {
    return admit(routes, {"s", "", "", false, {{"a@b", words}}}, 0, 0, 0).recipients[0].notify;
  }

  Routes routes;
};

TEST_F(AdmissionTest, KeepsTheEnvelopeAndWhoSubmittedIt) {
  const NewMessage message =
      admit(routes, {"s@x", "QQ1", "HDRS", true, {{"joe@here"}, {"ann@far"}}}, 1000, 77, 12345);
  EXPECT_EQ(message.envelope, (Envelope{"s@x", Return::Headers, "QQ1", true, 1000, 77, 12345, 0}));
  ASSERT_EQ(message.recipients.size(), 2U);
  EXPECT_EQ(message.recipients[0].channel, Channel::Local);
  EXPECT_EQ(message.recipients[1].channel, Channel::Remote);
  EXPECT_EQ(message.recipients[1].destination, "far");
}

TEST_F(AdmissionTest, ReadsWhatIsToBeReported) {
  EXPECT_EQ(notify(""), Notify{});
  EXPECT_EQ(notify("NEVER"), (Notify{true, false, false, false}));
  EXPECT_EQ(notify("success,DELAY"), (Notify{false, true, false, true}));
  EXPECT_EQ(notify("FAILURE,nonsense"), (Notify{false, false, true, false}));
}

TEST_F(AdmissionTest, TheExtentIsADefaultUnlessItIsSaid) {
  EXPECT_EQ(admit(routes, {"s", "", "", false, {}}, 0, 0, 0).envelope.extent, Return::Default);
  EXPECT_EQ(admit(routes, {"s", "", "FULL", false, {}}, 0, 0, 0).envelope.extent, Return::Full);
}

}  // namespace
}  // namespace lbx::queue
