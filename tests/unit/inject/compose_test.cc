// SPDX-License-Identifier: MIT
// The vectors of the family `inject` hold the forms; here is what they cannot say.
#include "inject/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lbx::inject {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Circumstances circumstances() {
  Circumstances out;
  out.hosts = {host_tokens("mail.example.org"), host_tokens("example.org"),
               host_tokens("plus.example.net")};
  out.id_host = "id.example.org";
  out.author = {"joe", "example.org", std::nullopt, "joe", "example.org"};
  out.now = 1'000'000'000;
  out.zone = {7200, true};
  out.pid = 42;
  return out;
}

std::vector<RawField> fields_of(std::string_view header) {
  HeadReader head;
  EXPECT_TRUE(head.feed(header));
  head.finish();
  return head.fields();
}

Composed composed(std::string_view header, const Circumstances& how = circumstances()) {
  Result<Composed> out = compose(fields_of(header), how, std::nullopt);
  EXPECT_TRUE(out) << out.error().what;
  return out ? std::move(out).value() : Composed{};
}

TEST(ComposeTest, AddsWhatIsMissingInTheLocalZone) {
  const Composed out = composed("To: ann\n");
  EXPECT_EQ(out.header,
            "Date: 9 Sep 2001 03:46:40 +0200\n"
            "Message-ID: <20010909014640.42.qmail@id.example.org>\n"
            "From: joe@example.org\n"
            "To: ann@mail.example.org\n");
  EXPECT_EQ(out.sender, "joe@example.org");
  EXPECT_THAT(out.recipients, ElementsAre("ann@mail.example.org"));
}

TEST(ComposeTest, ComposingTwiceChangesNothing) {
  const Composed once =
      composed("to: a, Joe Q. Public <b> (x)\nBcc: c@d\nSubject: s\n more\nCc: (\n");
  const Composed twice = composed(once.header);
  EXPECT_EQ(twice.header, once.header);
  EXPECT_THAT(once.recipients, testing::Contains("c@d.example.org"));
  EXPECT_THAT(twice.recipients, Not(testing::Contains("c@d.example.org")));
}

TEST(ComposeTest, HiddenRecipientsDoNotShow) {
  const Composed out = composed("To: a@b.c\nBCC: secret@b.c\nbcc : (broken secret@d.e\n");
  EXPECT_THAT(out.header, Not(HasSubstr("secret")));
  EXPECT_THAT(out.recipients, ElementsAre("a@b.c", "secret@b.c"));
}

TEST(ComposeTest, AnUnreadableOriginatorIsRefusedAndAnUnreadableRecipientKept) {
  const Result<Composed> refused = compose(fields_of("From: (\n"), circumstances(), std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry, Retry::Never);
  EXPECT_THAT(composed("To: (a@b.c\n").header, HasSubstr("\nTo: (a@b.c\n"));
}

TEST(ComposeTest, AddressesOfFieldsCannotBreakTheEnvelope) {
  const Composed out = composed(std::string_view{"To: a\0Tevil@x.y\nCc: \"b\n c\"@d.e\n", 32});
  EXPECT_THAT(out.recipients, ElementsAre("b c@d.e"));
}

TEST(ComposeTest, ANameCannotBreakOutOfFrom) {
  Circumstances how = circumstances();
  how.author.name = "x\" <evil@x>, \"\nBcc: other@x";
  const Composed out = composed("To: a@b.c\n", how);
  EXPECT_THAT(composed(out.header).recipients, ElementsAre("a@b.c"));
  EXPECT_THAT(out.header, Not(HasSubstr("\nBcc")));
}

TEST(ComposeTest, ABackslashAtTheEndOfAFieldIsNoPartOfAnAddress) {
  const Composed out = composed("To: a@b.c, \\\nX-After: y\n");
  EXPECT_THAT(out.header, HasSubstr("\nTo: a@b.c, \\\nX-After: y\n"));
}

TEST(ComposeTest, TheSenderOfTheCommandLineCounts) {
  const Result<Composed> out =
      compose(fields_of("Return-Path: <x@y.z>\n"), circumstances(), std::string{});
  ASSERT_TRUE(out) << out.error().what;
  EXPECT_EQ(out->sender, "");
}

TEST(ComposeTest, LocalPartsOfArgumentsAreTakenAsTheyAre) {
  const HostNames hosts = circumstances().hosts;
  for (const auto& [text, want] :
       {std::pair{"a", "a@mail.example.org"}, std::pair{"a b@c", "a b@c.example.org"},
        std::pair{"\"x@y\"@z.", "\"x@y\"@z.example.org"}, std::pair{"a@", "a@mail.example.org"}}) {
    const Result<std::string> out = complete_argument(text, hosts);
    ASSERT_TRUE(out) << text;
    EXPECT_EQ(*out, want);
  }
  EXPECT_FALSE(complete_argument("a@[", hosts));
  EXPECT_FALSE(complete_argument("a\nb@c", hosts));
}

}  // namespace
}  // namespace lbx::inject
