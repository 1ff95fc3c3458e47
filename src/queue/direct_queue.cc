// SPDX-License-Identifier: MIT
#include "queue/direct_queue.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/io.h"
#include "core/base/mail_home.h"
#include "core/users/own_account.h"
#include "queue/received.h"

namespace lbx::queue {
namespace {

constexpr mode_t kStoreMode = 0700;

/// Where nobody has set a queue up and nobody but ourselves could: then it is ours.
Result<void> make_store(System& system, const std::string& queue) {
  if (::geteuid() == 0) return {};
  const Result<struct stat> status = system.files.stat_at(AT_FDCWD, queue);
  if (!status || status->st_uid != ::geteuid()) return {};
  const Result<void> made = system.files.make_directory(AT_FDCWD, queue + "/store", kStoreMode);
  if (!made && made.error().os_error != EEXIST) return made.error();
  return {};
}

/// What the Received line makes of us (CONTRACT 1.6).
KnownUsers ourselves(System& system, uid_t uid) {
  KnownUsers users;
  const Result<std::optional<users::Account>> account = users::account_of_uid(system, uid);
  if (!account || !*account) return users;
  if ((*account)->name == "alias") users.alias = uid;
  if ((*account)->name == "qmaild") users.network.insert(uid);
  return users;
}

}  // namespace

Result<std::unique_ptr<DirectQueue>> DirectQueue::open(System& system, uid_t uid, int patience_ms) {
  const std::string home = mail_home(system.environment);
  LBX_TRY(make_store(system, home + "/queue"));
  const std::string directory = home + "/queue/store";
  SqliteStore::Options options;
  options.patience_ms = patience_ms;
  std::unique_ptr<SqliteStore> store = LBX_TRY(SqliteStore::open(system, directory, options));
  SpoolArea spool = LBX_TRY(SpoolArea::open(system, directory));
  const control::ControlDirectory control{system.files, home};
  Routes routes = LBX_TRY(read_routes(control, system.host_name));
  std::string head = received_line(invoker_of(ourselves(system, uid), uid), system.pid,
                                   system.clock.now().seconds);
  return std::unique_ptr<DirectQueue>{
      // NOLINT: its constructor is private
      new DirectQueue{system, uid, std::move(routes), std::move(store), std::move(spool),
                      std::move(head)}};
}

Result<wire::QueueDoor::SpoolFile> DirectQueue::spool_file() {
  UniqueFd file = LBX_TRY(spool_.create(head_));
  spooled_ = true;
  return wire::QueueDoor::SpoolFile{std::move(file), head_};
}

Result<void> DirectQueue::add_body(NewMessage& message, UniqueFd file) {
  if (spooled_) {
    SpoolArea::Adopted adopted = LBX_TRY(spool_.adopt(std::move(file), head_));
    message.body = SpoolBody{std::move(adopted.name)};
    message.envelope.size = adopted.size;
    return {};
  }
  InlineBody body{head_};
  LBX_TRY(for_each_chunk(system_.files, file.get(), [&](std::string_view more) {
    body.octets += more;
    return Result<void>{};
  }));
  message.envelope.size = body.octets.size();
  message.body = std::move(body);
  return {};
}

/// Without recipients it has come to its end: no daemon would look for it.
Result<Submitted> DirectQueue::write(const NewMessage& message) {
  Submitted submitted = LBX_TRY(store_->submit(message));
  if (message.recipients.empty()) LBX_TRY(store_->end({&submitted.message, 1}));
  return submitted;
}

Result<std::int64_t> DirectQueue::submit(const wire::DoorEnvelope& envelope, UniqueFd message) {
  NewMessage made = admit(routes_, envelope, uid_, system_.pid, system_.clock.now().seconds);
  LBX_TRY(add_body(made, std::move(message)));
  LBX_TRY(store_->begin(Durability::Now));
  const Result<Submitted> submitted = write(made);
  if (!submitted) {
    store_->roll_back();
    return submitted.error();
  }
  LBX_TRY(store_->commit());
  return submitted->message;
}

}  // namespace lbx::queue
