// SPDX-License-Identifier: MIT
// A few threads that make the steps of exchanges: a hash takes tens of milliseconds, another
// program seconds. The loop that owns the exchanges goes on meanwhile.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "service/auth/protocol.h"
#include "service/auth/sasl.h"

namespace lbx::auth {

/// Jobs that wait for a thread at most.
inline constexpr std::size_t kMaxJobs = 1024;

/// One exchange of one front. It is in the hands of one thread or of the loop, never of both.
struct Exchange {
  std::uint64_t connection;
  ExchangeId id;
  Client client;
  std::string mechanism;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<SaslServer> sasl;  // uses backend
};

struct Job {
  std::shared_ptr<Exchange> exchange;
  std::optional<std::string> message;
};

struct Done {
  std::shared_ptr<Exchange> exchange;
  SaslStep step;
};

class WorkerPool {
 public:
  static Result<std::unique_ptr<WorkerPool>> start(unsigned threads);
  /// Waits for the jobs that are being worked on.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False where too many wait.
  bool submit(Job job);
  /// Readable while something is done.
  int fd() const { return done_event_.get(); }
  std::vector<Done> take_done();

 private:
  explicit WorkerPool(UniqueFd done_event) : done_event_{std::move(done_event)} {}
  void work();

  UniqueFd done_event_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::vector<Done> done_;
  bool ending_{false};
  std::vector<std::thread> threads_;
};

}  // namespace lbx::auth
