// SPDX-License-Identifier: MIT
#include "deliver/settings.h"

#include <gtest/gtest.h>

#include "deliver/program_environment.h"
#include "support/scratch.h"

namespace lbx::deliver {
namespace {

using testing_support::ScratchDirectory;
using namespace std::chrono_literals;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() { home.make_directory("control"); }
  Settings read() const {
    Result<Settings> settings = read_settings(control);
    return std::move(settings).value();
  }
  void set(const std::string& name, const std::string& value) const {
    home.write("control/" + name, value + '\n');
  }

  ScratchDirectory home;
  PosixFileOps files;
  control::ControlDirectory control{files, home.path()};
};

TEST_F(SettingsTest, WithoutFilesTheDefaultsAreSafe) {
  const Result<ProgramLimits> limits = program_limits(read());
  ASSERT_TRUE(limits);
  EXPECT_EQ(limits->time, 1h);
  EXPECT_EQ(limits->resources.memory, std::uint64_t{1} << 30U);
  EXPECT_EQ(limits->resources.processes, 1024U);
  EXPECT_EQ(limits->output, 4096U);
  EXPECT_FALSE(*srs_settings(read()));
  EXPECT_EQ(program_limits(Settings{})->time, 1h) << "without a control directory";
}

TEST_F(SettingsTest, LocksAreTheDeliverersUntilAFileSaysOtherwise) {
  Settings settings = read();
  EXPECT_TRUE(mbox_locks(settings)->dot_lock);
  settings.locks = MboxLockPolicy::qmail();
  EXPECT_FALSE(mbox_locks(settings)->dot_lock);
  EXPECT_EQ(mbox_locks(settings)->kernel, KernelLock::Flock);
  set("mboxlocks", "dotlock,fcntl");
  set("mboxlocktimeout", "7");
  EXPECT_TRUE(mbox_locks(settings)->dot_lock);
  EXPECT_EQ(mbox_locks(settings)->kernel, KernelLock::Fcntl);
  EXPECT_EQ(mbox_locks(settings)->timeout, 7s);
}

TEST_F(SettingsTest, WhatCannotBeUsedIsLater) {
  set("mboxlocks", "padlock");
  const auto locks = mbox_locks(read());
  ASSERT_FALSE(locks);
  EXPECT_EQ(locks.error().retry, Retry::Later);
  set("programtimeout", "0");
  EXPECT_FALSE(program_limits(read()));
  set("srsdomain", "x.example");
  EXPECT_FALSE(srs_settings(read()));
}

TEST_F(SettingsTest, NothingOfAServiceLeaksToAProgram) {
  const Environment ours{{"SECRET", "1"}, {"PATH", "/x"},       {"LC_TIME", "C"},
                         {"TZ", "UTC"},   {"DEFAULT", "other"}, {"LD_PRELOAD", "/x.so"}};
  const Environment variables{{"USER", "joe"}, {"HOME", "/home/joe"}};
  Settings settings;
  EXPECT_EQ(program_environment(ours, settings, variables), (Environment{{"PATH", "/x"},
                                                                         {"LC_TIME", "C"},
                                                                         {"TZ", "UTC"},
                                                                         {"SHELL", "/bin/sh"},
                                                                         {"USER", "joe"},
                                                                         {"LOGNAME", "joe"},
                                                                         {"HOME", "/home/joe"}}));
  settings.pass_environment = true;
  const Environment all = program_environment(ours, settings, variables);
  EXPECT_EQ(lookup(all, "SECRET"), "1");
  EXPECT_EQ(lookup(all, "DEFAULT"), std::nullopt);
}

}  // namespace
}  // namespace lbx::deliver
