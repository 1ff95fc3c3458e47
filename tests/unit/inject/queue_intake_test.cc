// SPDX-License-Identifier: MIT
#include "inject/queue_intake.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "core/base/io.h"
#include "support/scratch.h"
#include "support/test_system.h"

namespace lbx::inject {
namespace {

using namespace std::string_literals;
using State = QueueEnvelopeReader::State;

State fed(std::string_view bytes, std::size_t step = 1000) {
  QueueEnvelopeReader reader;
  State state = State::Open;
  for (std::size_t at = 0; at < bytes.size(); at += step)
    state = reader.feed(bytes.substr(at, step));
  return state;
}

TEST(QueueEnvelopeReader, ReadsASenderAndRecipientsHoweverTheyAreCut) {
  const std::string text = "Fs@x\0Ta@b\0T\0Tc d\n@e\0\0more"s;
  for (const std::size_t step : {1U, 2U, 7U, 100U}) {
    QueueEnvelopeReader reader;
    State state = State::Open;
    for (std::size_t at = 0; at < text.size(); at += step) {
      state = reader.feed(std::string_view{text}.substr(at, step));
    }
    EXPECT_EQ(state, State::Whole);
    EXPECT_EQ(reader.take(),
              (wire::DoorEnvelope{"s@x", "", "", false, {{"a@b"}, {""}, {"c d\n@e"}}}));
  }
}

TEST(QueueEnvelopeReader, SaysWhatIsWrong) {
  EXPECT_EQ(fed("\0"s), State::Malformed);
  EXPECT_EQ(fed("Ta\0"s), State::Malformed);
  EXPECT_EQ(fed("Fs\0Fs\0"s), State::Malformed);
  EXPECT_EQ(fed("Fs\0ta\0"s), State::Malformed);
  EXPECT_EQ(fed("F\0"s), State::Open);
  EXPECT_EQ(fed("F\0\0"s), State::Whole);
}

TEST(QueueEnvelopeReader, AddressesHaveALimit) {
  const std::string most(wire::kMaxDoorAddress, 'x');
  EXPECT_EQ(fed('F' + most + "\0T"s + most + "\0\0"s), State::Whole);
  EXPECT_EQ(fed('F' + most + "x\0"s), State::AddressTooLong);
  EXPECT_EQ(fed("F\0T"s + most + "x\0"s, 1), State::AddressTooLong);
}

TEST(QueueEnvelopeReader, AnEnvelopeHasALimitThatCountsWhatItTakes) {
  QueueEnvelopeReader reader{100'000};
  std::size_t recipients = 0;
  EXPECT_EQ(reader.feed("F\0"s), State::Open);
  while (reader.feed("T\0"s) == State::Open) ++recipients;
  EXPECT_EQ(reader.feed("T\0"s), State::TooLarge);
  EXPECT_LT(recipients, 2'000U);
  EXPECT_GT(recipients, 500U);
}

TEST(AddParameters, TakesTheWordsOfRfc3461AndNothingElse) {
  wire::DoorEnvelope envelope{"s", "", "", false, {{"a"}, {"b"}}};
  add_parameters(envelope,
                 {{"DSN_NOTIFY", "success,Delay"}, {"DSN_RET", "hdrs"}, {"DSN_ENVID", "x"}});
  EXPECT_EQ(envelope,
            (wire::DoorEnvelope{
                "s", "x", "HDRS", false, {{"a", "SUCCESS,DELAY"}, {"b", "SUCCESS,DELAY"}}}));
  wire::DoorEnvelope plain{"s", "", "", false, {{"a"}}};
  add_parameters(
      plain,
      {{"DSN_NOTIFY", "NEVER,DELAY"}, {"DSN_RET", "all"}, {"DSN_ENVID", std::string(101, 'x')}});
  EXPECT_EQ(plain, (wire::DoorEnvelope{"s", "", "", false, {{"a"}}}));
}

TEST(AddParameters, AnAddressInUtf8NeedsIt) {
  for (const auto& [address, needs] :
       {std::pair{"j\xc3\xb6@x"s, true}, {"j\xf6@x"s, false}, {"j@x"s, false}}) {
    wire::DoorEnvelope envelope{"", "", "", false, {{address}}};
    add_parameters(envelope, {});
    EXPECT_EQ(envelope.utf8, needs) << address;
  }
}

class QueueIntakeTest : public testing::Test {
 protected:
  QueueStatus run(const std::string& message, const std::string& envelope) {
    scratch.write("message", message);
    scratch.write("envelope", envelope);
    const UniqueFd from = open("message");
    const UniqueFd to = open("envelope");
    QueueIntake intake{outside.system, [this] { return find(); }};
    const QueueStatus status = intake.run(from.get(), to.get());
    text = intake.text();
    return status;
  }
  UniqueFd open(const std::string& name) {
    return UniqueFd{::open(scratch.path(name).c_str(), O_RDONLY | O_CLOEXEC)};
  }
  Result<QueueEntrance> find() {
    ++found;
    if (no_way) return *no_way;
    return QueueEntrance{
        [this]() -> Result<wire::QueueDoor::SpoolFile> {
          if (refusal) return *refusal;
          UniqueFd file = LBX_TRY(
              outside.files.open_at(AT_FDCWD, scratch.path("spool"), O_RDWR | O_CREAT, 0600));
          return wire::QueueDoor::SpoolFile{std::move(file), ""};
        },
        [this](const wire::DoorEnvelope& envelope, UniqueFd message) -> Result<std::int64_t> {
          if (refusal) return *refusal;
          recipients = envelope.recipients.size();
          submitted.clear();
          LBX_TRY(for_each_chunk(outside.files, message.get(), [&](std::string_view more) {
            submitted += more;
            return Result<void>{};
          }));
          return 1;
        }};
  }

  const std::string good = "Fs@x\0Ta@b\0\0"s;
  testing_support::ScratchDirectory scratch;
  testing_support::TestSystem outside;
  std::optional<Error> no_way;
  std::optional<Error> refusal;
  int found{0};
  std::size_t recipients{0};
  std::string submitted;
  std::string text;
};

TEST_F(QueueIntakeTest, AMessageAndItsEnvelopeAreSubmitted) {
  EXPECT_EQ(run("Subject: x\n\nno end of line", good), QueueStatus::Queued);
  EXPECT_EQ(submitted, "Subject: x\n\nno end of line");
  EXPECT_EQ(recipients, 1U);
}

TEST_F(QueueIntakeTest, ALargeMessageGoesIntoTheQueuesOwnFile) {
  const std::string large(wire::kMaxDoorMemory + 1, 'x');
  EXPECT_EQ(run(large, good), QueueStatus::Queued);
  EXPECT_EQ(submitted, large);
  EXPECT_EQ(scratch.read("spool"), large);
  EXPECT_EQ(found, 1);
  EXPECT_EQ(run(large.substr(1), good), QueueStatus::Queued);
  EXPECT_EQ(submitted, large.substr(1)) << "from memory";
}

TEST_F(QueueIntakeTest, ABrokenEnvelopeReachesNobody) {
  EXPECT_EQ(run("x", "Fs@x\0Ta@b\0"s), QueueStatus::ReadError);
  EXPECT_EQ(run("x", ""), QueueStatus::ReadError);
  EXPECT_EQ(run("x", "Xs@x\0\0"s), QueueStatus::NoEnvelope);
  EXPECT_EQ(run("x", 'F' + std::string(2000, 'x')), QueueStatus::AddressTooLong);
  EXPECT_EQ(found, 0);
}

TEST_F(QueueIntakeTest, ARefusalIsExplained) {
  refusal = Error::never("no such list (#5.7.1)");
  EXPECT_EQ(run("x", good), QueueStatus::Refused);
  EXPECT_EQ(text, "Dno such list (#5.7.1)");
  refusal = Error::later("disk full (#4.3.1)");
  EXPECT_EQ(run("x", good), QueueStatus::Later);
  EXPECT_EQ(text, "Zdisk full (#4.3.1)");
  EXPECT_EQ(run(std::string(wire::kMaxDoorMemory + 1, 'x'), good), QueueStatus::Later);
}

TEST_F(QueueIntakeTest, NoQueueIsForLater) {
  no_way = Error::later("the queue is not running (#4.3.2)");
  EXPECT_EQ(run("x", good), QueueStatus::Later);
  EXPECT_EQ(text, "Zthe queue is not running (#4.3.2)");
  no_way = Error::from_errno(EACCES, "connect");
  EXPECT_EQ(run("x", good), QueueStatus::NoQueue);
  no_way.reset();
  refusal = Error::from_errno(ECONNRESET, "the queue");
  EXPECT_EQ(run("x", good), QueueStatus::Disconnected);
}

TEST_F(QueueIntakeTest, EveryCallThatFailsIsForLater) {
  const std::string large(wire::kMaxDoorMemory + 1, 'x');
  for (const std::string& message : {"x"s, large}) {
    const std::size_t before = outside.files.journal().size();
    ASSERT_EQ(run(message, good), QueueStatus::Queued);
    const std::size_t calls = outside.files.journal().size() - before;
    for (std::size_t n = 1; n <= calls; ++n) {
      outside.files.fail_call(n, EIO);
      const QueueStatus status = run(message, good);
      EXPECT_TRUE(status == QueueStatus::ReadError || status == QueueStatus::WriteError ||
                  status == QueueStatus::NoFile || status == QueueStatus::Disconnected)
          << n << ": " << static_cast<int>(status);
    }
  }
}

}  // namespace
}  // namespace lbx::inject
