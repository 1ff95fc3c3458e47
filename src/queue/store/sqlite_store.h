// SPDX-License-Identifier: MIT
// The store on a local disk: SQLite in one directory, queue/store of the mail home, that belongs to
// the queue's user alone. letterbox-queue(5) has the schema. One process writes, which a lock on
// the file `lock` sees to; any number may read beside it. A network file system is refused.
//
// A transaction begun with Durability::Now is one fdatasync of the log; one begun with Soon is
// none, and goes to the disk with the next one of the other kind or when the log is written back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/system.h"
#include "queue/store/store.h"

namespace lbx::queue {

class SqliteStore final : public QueueStore {
 public:
  enum class Access {
    Read,   // beside whoever writes; the changing calls fail
    Write,  // makes what is missing below the directory, which must exist
  };
  struct Options {
    Access access{Access::Write};
    /// How long to wait for another process that writes. An error has EWOULDBLOCK then.
    int patience_ms{0};
    /// SQLite's name of another way to reach the disk: for tests.
    const char* vfs{nullptr};
  };

  /// `directory`: queue/store. What is made there belongs to the directory's owner, also where root
  /// makes it. A store that an older Letterbox made is brought up to date, one of a newer one is
  /// refused.
  static Result<std::unique_ptr<SqliteStore>> open(System& system, const std::string& directory,
                                                   Options options);
  ~SqliteStore() override;

  const std::string& id() const override;
  Result<void> begin(Durability durability) override;
  Result<void> commit() override;
  void roll_back() override;

  Result<Submitted> submit(const NewMessage& message) override;
  Result<void> record(std::span<const Outcome> outcomes) override;
  Result<void> told(std::span<const RecipientId> recipients) override;
  Result<void> told_of_delay(std::span<const RecipientId> recipients) override;
  Result<std::vector<MessageId>> end(std::span<const MessageId> messages) override;
  Result<std::size_t> change(std::span<const RecipientId> recipients, Change change,
                             std::int64_t now, std::string_view report) override;
  Result<bool> once(std::string_view key) override;

  Result<void> lease(const std::function<void(const Waiting&)>& take) override;
  Result<std::vector<MessageId>> unfinished() override;

  Result<std::optional<Message>> message(MessageId id, bool with_body) override;
  Result<std::vector<Message>> list(MessageId after, std::size_t limit) override;
  Result<Totals> totals() override;
  Result<void> spool_files(const std::function<void(std::string_view)>& take) override;

  /// What is wrong with the store, a line each: damaged pages, and what the schema cannot forbid.
  Result<std::vector<std::string>> check();

 private:
  struct Parts;

  explicit SqliteStore(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace lbx::queue
