// SPDX-License-Identifier: MIT
#include "pop3d/settings.h"

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::pop3d {
namespace {

class Pop3SettingsTest : public testing::Test {
 protected:
  Result<ServerSettings> read() {
    return read_settings(control::ControlDirectory{outside.files, scratch.path()});
  }
  void set(const std::string& file, const std::string& text) {
    scratch.make_directory("control");
    scratch.write("control/" + file, text + "\n");
  }
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
};

TEST_F(Pop3SettingsTest, WithoutAControlDirectoryAllIsAsUsual) {
  const auto settings = read();
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_TRUE(settings->maildrop.sync);
  EXPECT_FALSE(settings->lock);
  EXPECT_TRUE(settings->maildrop.trust_names);
  EXPECT_EQ(settings->maildrop.import.from, Import::Auto);
  EXPECT_EQ(settings->maildrop.import.dovecot_format, "%08Xu%08Xv");
  EXPECT_EQ(settings->session.expire_days, std::nullopt);
  EXPECT_EQ(settings->session.login_delay.count(), 0);
  EXPECT_EQ(settings->session.utf8, Utf8::AsStored);
}

TEST_F(Pop3SettingsTest, EachSettingArrives) {
  set("pop3sync", "no");
  set("pop3lock", "yes");
  set("pop3trustnames", "no");
  set("pop3scanthreads", "7");
  set("pop3import", "md5-name");
  set("pop3uidlformat", "%g");
  set("pop3expire", "30");
  set("pop3logindelay", "60");
  set("pop3utf8", "strict");
  const auto settings = read();
  ASSERT_TRUE(settings) << settings.error().what;
  EXPECT_FALSE(settings->maildrop.sync);
  EXPECT_TRUE(settings->lock);
  EXPECT_FALSE(settings->maildrop.trust_names);
  EXPECT_EQ(settings->maildrop.threads, 7U);
  EXPECT_EQ(settings->maildrop.import.from, Import::Md5OfName);
  EXPECT_EQ(settings->maildrop.import.dovecot_format, "%g");
  EXPECT_EQ(settings->session.expire_days, 30U);
  EXPECT_EQ(settings->session.login_delay.count(), 60);
  EXPECT_EQ(settings->session.utf8, Utf8::Strict);
}

TEST_F(Pop3SettingsTest, WhatIsForbiddenIsAnError) {
  set("pop3import", "exchange");
  EXPECT_FALSE(read());
}

}  // namespace
}  // namespace lbx::pop3d
