// SPDX-License-Identifier: MIT
// Writes what the queue would send about some messages, as DIRECTORY/NAME.eml: for other projects'
// programs that read bounces (bounce_parsers_test.py).
#include <sys/mman.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "core/message/report_text.h"
#include "queue/bounce.h"
#include "support/test_system.h"

namespace {

using namespace lbx;
using namespace lbx::queue;

constexpr std::int64_t kBorn = 1'700'000'000;
constexpr std::int64_t kNow = kBorn + 20'000;

struct Sample {
  std::string name;
  std::vector<Recipient> recipients;
  std::string sender{"ann@example.com"};
  Return extent{Return::Default};
  std::string original{
      "Received: (qmail 1 invoked by uid 1000); 14 Nov 2023 22:13:20 -0000\n"
      "From: Ann <ann@example.com>\nTo: joe@example.net\nSubject: a test\n"
      "Message-ID: <1@example.com>\nDate: 14 Nov 2023 22:13:20 -0000\n\nhello\n"};
};

Recipient failed(const std::string& address, const std::string& report,
                 Channel channel = Channel::Local) {
  Recipient recipient;
  recipient.state = State::Failed;
  recipient.attempts = 1;
  recipient.tried = kNow - 60;
  recipient.report = report;
  recipient.as.address = address;
  recipient.as.channel = channel;
  return recipient;
}

Recipient remote(const std::string& address, const std::string& reply) {
  return failed(address,
                "192.0.2.1 does not like recipient.\nRemote host said: " + reply +
                    "\nGiving up on 192.0.2.1.\n",
                Channel::Remote);
}

Recipient waiting(Recipient recipient) {
  recipient.state = State::Waiting;
  return recipient;
}

Recipient delivered(Recipient recipient) {
  recipient.state = State::Done;
  recipient.as.notify.success = true;
  return recipient;
}

std::vector<Sample> samples() {
  const std::string no_mailbox = "Sorry, no mailbox here by that name. (#5.1.1)\n";
  const std::string no_connection =
      "Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)\n";
  Recipient asked = failed("joe@example.net", no_mailbox);
  asked.as.original_recipient = "rfc822;Joe@example.net";
  return {
      {.name = "unknown", .recipients = {failed("joe@example.net", no_mailbox)}},
      {.name = "remote", .recipients = {remote("joe@example.net", "550 5.1.1 No such user")}},
      {.name = "full", .recipients = {remote("joe@example.net", "552 5.2.2 Mailbox full")}},
      {.name = "expired",
       .recipients = {failed("joe@example.net", no_connection + std::string{kGivenUp},
                             Channel::Remote)}},
      {.name = "several",
       .recipients = {failed("joe@example.net", no_mailbox),
                      remote("jim@example.org", "550-5.7.1 Relaying\n550 5.7.1 denied"),
                      failed("jill@example.net", "line one\n\n\nline two (#5.2.1)\n")}},
      {.name = "asked", .recipients = {asked}},
      {.name = "headers",
       .recipients = {failed("joe@example.net", no_mailbox)},
       .extent = Return::Headers},
      {.name = "eightbit",
       .recipients = {failed("joe@example.net", "Empf\xe4nger unbekannt (#5.1.1)\n")},
       .original = "Subject: x\n\ncaf\xe9\n"},
      {.name = "multipart",
       .recipients = {failed("joe@example.net", no_mailbox)},
       .original = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
                   "--b\nContent-Type: text/plain\n\none\n--b\n\ntwo\n--b--\n"},
      {.name = "international",
       .recipients = {failed("\xc3\xa9va@example.net", no_mailbox)},
       .sender = "j\xc3\xb6rg@example.com"},
      {.name = "double", .recipients = {failed("joe@example.net", no_mailbox)}, .sender = ""},
      {.name = "delayed",
       .recipients = {waiting(failed("joe@example.net", no_connection, Channel::Remote))}},
      {.name = "delivered", .recipients = {delivered(failed("joe@example.net", "did 1+0+0\n"))}},
  };
}

Message message_of(const Sample& sample) {
  Message message;
  message.id = 7;
  message.envelope.sender = sample.sender;
  message.envelope.born = kBorn;
  message.envelope.extent = sample.extent;
  message.envelope.envelope_id = "ENV-7";
  message.recipients = sample.recipients;
  return message;
}

Told told_of(const Message& message, const BounceSettings& settings) {
  std::vector<const Recipient*> all;
  for (const Recipient& each : message.recipients) all.push_back(&each);
  switch (all.front()->state) {
    case State::Waiting:
      return delay_notices(message, all, settings, kNow + 500'000, kNow);
    case State::Done:
      return success_notices(message, all, settings, kNow);
    default:
      return failure_notices(message, all, settings, nullptr, kNow);
  }
}

Result<void> write_sample(const Sample& sample, const BounceSettings& settings,
                          const std::string& path) {
  testing_support::TestSystem outside;
  const UniqueFd original{::memfd_create("original", MFD_CLOEXEC)};
  LBX_TRY(write_all(outside.files, original.get(), sample.original));
  const Told told = told_of(message_of(sample), settings);
  if (told.notices.size() != 1) return Error::later(sample.name + ": not one notice");
  std::ofstream file{path, std::ios::binary};
  // As it lies in a mailbox.
  file << "Return-Path: <" << told.notices.front().envelope.sender << ">\n"
       << "Received: (qmail 2 invoked for bounce); 15 Nov 2023 03:46:40 -0000\n";
  LBX_TRY(write_report(outside.files, outside.randomness, told.notices.front().report,
                       original.get(), [&file](std::string_view bytes) {
                         file << bytes;
                         return Result<void>{};
                       }));
  if (!file.flush()) return Error::later("cannot write " + path);
  return {};
}

Result<void> write_samples(const std::string& directory) {
  BounceSettings settings;
  settings.host = settings.me = "mail.example.org";
  settings.from = "MAILER-DAEMON@mail.example.org";
  settings.double_to = "postmaster@mail.example.org";
  settings.delay_warning = 3600;
  for (const Sample& each : samples()) {
    settings.form = ReportForm::Multipart;
    LBX_TRY(write_sample(each, settings, directory + '/' + each.name + ".eml"));
    if (each.name == "delayed" || each.name == "delivered") continue;
    settings.form = ReportForm::Qsbmf;
    LBX_TRY(write_sample(each, settings, directory + '/' + each.name + ".qsbmf.eml"));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 111;
  const lbx::Result<void> outcome = write_samples(argv[1]);
  if (!outcome) std::cerr << outcome.error().what << '\n';
  return outcome ? 0 : 111;
}
