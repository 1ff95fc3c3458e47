// SPDX-License-Identifier: MIT
// Where the queue lies: messages, recipients, the schedule. One transaction is what a caller puts
// between begin() and commit(); a crash or a power cut keeps whole transactions, and all those that
// were committed durably. Who implements this keeps the particulars of his database to himself
// (DESIGN section 5): sqlite_store.h is the one on a local disk, another may lie on a server that
// several hosts share.
//
// Every error is Retry::Later: mail is refused with "later", and what is queued stays.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "queue/store/message.h"

namespace lbx::queue {

/// What the commit of a transaction promises before it returns.
enum class Durability {
  Soon,  // a power cut may undo it, never out of order: what is repeated then is recognised
  Now,   // on the disk, with everything that was committed before
};

/// What the scheduler keeps of a recipient that waits: small, since there may be a million.
struct Waiting {
  RecipientId recipient{0};
  MessageId message{0};
  Channel channel{Channel::Local};
  std::int64_t born{0};  // of the message
  std::int64_t due{0};
  std::uint32_t attempts{0};
  std::string_view destination;  // valid during the call only
  bool tried{true};              // an attempt may have been made that nobody has recorded
};

/// How an attempt ended.
struct Outcome {
  RecipientId recipient{0};
  State state{State::Done};  // Done, Arrived, Failed, or Waiting: again at `due`
  std::int64_t due{0};
  std::int64_t tried{0};
  std::string_view report;  // kept where it was not delivered
};

/// What an administrator does to recipients.
enum class Change {
  Retry,    // Waiting: due now
  Hold,     // Waiting -> Held
  Release,  // Held -> Waiting, due now
  Delete,   // -> Done; nobody is told
  Fail,     // Waiting or Held -> Failed, with a report of the administrator's
};

struct Submitted {
  MessageId message{0};
  std::vector<RecipientId> recipients;  // in the order of the submission
};

/// What there is, in all.
struct Totals {
  std::uint64_t messages{0};
  std::uint64_t octets{0};
  std::uint64_t waiting{0};
  std::uint64_t held{0};
  std::uint64_t failed{0};
  std::int64_t oldest{0};  // birth of the oldest message; 0: there is none
};

class QueueStore {
 public:
  virtual ~QueueStore() = default;

  /// Names this store, and with the number of a message and of a recipient an attempt, for ever:
  /// no other store has it. Letters and digits.
  virtual const std::string& id() const = 0;

  // A transaction of changes. Between begin() and commit() the calls of the next group may be made;
  // where one fails the whole is rolled back by roll_back(). A commit() that fails has rolled back.
  virtual Result<void> begin(Durability durability) = 0;
  virtual Result<void> commit() = 0;
  virtual void roll_back() = 0;

  virtual Result<Submitted> submit(const NewMessage& message) = 0;
  /// Of recipients of any messages. Those that are gone are passed over.
  virtual Result<void> record(std::span<const Outcome> outcomes) = 0;
  /// Failed and Arrived recipients are Done: whoever has to hear of them was told in this
  /// transaction, or nobody has to.
  virtual Result<void> told(std::span<const RecipientId> recipients) = 0;
  virtual Result<void> told_of_delay(std::span<const RecipientId> recipients) = 0;
  /// Messages whose recipients are all Done are removed. The value is those that were; their
  /// spool files may go once this, or a later transaction, was committed with Durability::Now.
  virtual Result<std::vector<MessageId>> end(std::span<const MessageId> messages) = 0;
  /// The value is how many recipients changed.
  virtual Result<std::size_t> change(std::span<const RecipientId> recipients, Change change,
                                     std::int64_t now, std::string_view report) = 0;

  /// Notes something that must not happen twice, such as taking a certain message over from an old
  /// queue: true the first time, for ever, as soon as the transaction is committed.
  virtual Result<bool> once(std::string_view key) = 0;

  /// Every recipient that waits is this process's own from now on; `take` gets each, those due
  /// first come first. On one disk: all of them, once, at the start.
  virtual Result<void> lease(const std::function<void(const Waiting&)>& take) = 0;
  /// Messages with Failed or Arrived recipients, and those whose recipients are all Done: what a
  /// process that ended uncleanly left to be finished.
  virtual Result<std::vector<MessageId>> unfinished() = 0;

  /// Without the octets of an inline body where `with_body` is false. Nothing: there is none.
  virtual Result<std::optional<Message>> message(MessageId id, bool with_body) = 0;
  /// All messages by number, without bodies, a few at a time: those behind `after`, `limit` at
  /// most.
  virtual Result<std::vector<Message>> list(MessageId after, std::size_t limit) = 0;
  virtual Result<Totals> totals() = 0;
  /// The name of every spool file that a message of the queue has.
  virtual Result<void> spool_files(const std::function<void(std::string_view)>& take) = 0;
};

}  // namespace lbx::queue
