// SPDX-License-Identifier: MIT
#include "queue/classify.h"

#include <gmock/gmock.h>

#include "support/scratch.h"

namespace lbx::queue {
namespace {

Routes some_routes() {
  Routes routes;
  routes.domains.locals = users::domain_set({"example.org", "localhost"});
  routes.domains.virtual_domains = users::virtual_domain_map(
      {"virt.example:joe-virt", ".wild.example:ann", "one@far.example:joe", "not.wild.example:"});
  routes.domains.percent_hack = users::domain_set({"example.org"});
  routes.domains.no_at_host = "example.org";
  routes.delimiters = "-+";
  return routes;
}

NewRecipient recipient(const char* address) {
  NewRecipient made;
  made.address = address;
  return made;
}

struct Case {
  const char* submitted;
  Channel channel;
  const char* address;
  const char* original;
  const char* destination;
};

class ClassifyTest : public testing::TestWithParam<Case> {};

TEST_P(ClassifyTest, IsTheContracts) {
  const Case& expected = GetParam();
  NewRecipient submitted = recipient(expected.submitted);
  submitted.notify.success = true;
  submitted.original_recipient = "rfc822;x@y";
  const NewRecipient got = classify(some_routes(), submitted);
  EXPECT_EQ(got.channel, expected.channel);
  EXPECT_EQ(got.address, expected.address);
  EXPECT_EQ(got.original, expected.original);
  EXPECT_EQ(got.destination, expected.destination);
  EXPECT_TRUE(got.notify.success);
  EXPECT_EQ(got.original_recipient, "rfc822;x@y");
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, ClassifyTest,
    testing::Values(
        Case{"joe@example.org", Channel::Local, "joe@example.org", "", "joe"},
        Case{"Joe-Ext@EXAMPLE.Org", Channel::Local, "Joe-Ext@EXAMPLE.Org", "", "joe"},
        Case{"joe+ext@localhost", Channel::Local, "joe+ext@localhost", "", "joe"},
        Case{"joe", Channel::Local, "joe@example.org", "", "joe"},
        Case{"x%far.example@example.org", Channel::Remote, "x@far.example", "", "far.example"},
        Case{"Bob@Virt.example", Channel::Local, "joe-virt-Bob@Virt.example", "Bob@Virt.example",
             "joe"},
        Case{"x@a.wild.example", Channel::Local, "ann-x@a.wild.example", "x@a.wild.example", "ann"},
        Case{"x@not.wild.example", Channel::Remote, "x@not.wild.example", "", "not.wild.example"},
        Case{"one@far.example", Channel::Local, "joe-one@far.example", "one@far.example", "joe"},
        Case{"a@b@FAR.example", Channel::Remote, "a@b@FAR.example", "", "far.example"},
        Case{"", Channel::Local, "@example.org", "", ""}));

class ReadRoutesTest : public testing::Test {
 protected:
  Result<Routes> read() {
    return read_routes(control::ControlDirectory{files, scratch.path()}, "host.example");
  }

  testing_support::ScratchDirectory scratch;
  PosixFileOps files;
};

TEST_F(ReadRoutesTest, WithoutAnyListOnlyMailForThisHostIsOurs) {
  const Result<Routes> routes = read();
  ASSERT_TRUE(routes) << routes.error().what;
  EXPECT_EQ(classify(*routes, recipient("joe@host.example")).channel, Channel::Local);
  EXPECT_EQ(classify(*routes, recipient("joe@far.example")).channel, Channel::Remote);
  EXPECT_EQ(classify(*routes, recipient("joe")).address, "joe@host.example");
}

TEST_F(ReadRoutesTest, MeIsLocalUnlessThereAreLocals) {
  scratch.make_directory("control");
  scratch.write("control/me", "mail.example.org\n");
  EXPECT_EQ(classify(read().value(), recipient("joe@mail.example.org")).channel, Channel::Local);
  EXPECT_EQ(classify(read().value(), recipient("joe")).address, "joe@mail.example.org");
  scratch.write("control/locals", "example.org\n");
  EXPECT_EQ(classify(read().value(), recipient("joe@mail.example.org")).channel, Channel::Remote);
}

TEST_F(ReadRoutesTest, AListThatCannotBeReadIsAnError) {
  scratch.make_directory("control");
  scratch.make_directory("control/locals");
  EXPECT_FALSE(read());
}

}  // namespace
}  // namespace lbx::queue
