// SPDX-License-Identifier: MIT
#include "service/auth/worker_pool.h"

#include <sys/eventfd.h>

#include <cerrno>

#include "service/auth/prepare.h"

namespace lbx::auth {

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(unsigned threads) {
  UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) return Error::from_errno(errno, "eventfd");
  std::unique_ptr<WorkerPool> pool{new WorkerPool{std::move(event)}};
  for (unsigned i = 0; i < threads; ++i) {
    pool->threads_.emplace_back([raw = pool.get()] { raw->work(); });
  }
  return pool;
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (std::thread& each : threads_) each.join();
}

bool WorkerPool::submit(Job job) {
  {
    const std::lock_guard lock{mutex_};
    if (jobs_.size() >= kMaxJobs) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::vector<Done> WorkerPool::take_done() {
  const std::lock_guard lock{mutex_};
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(done_event_.get(), &ignored));
  return std::exchange(done_, {});
}

void WorkerPool::work() {
  for (;;) {
    std::unique_lock lock{mutex_};
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (ending_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    SaslStep step = job.exchange->sasl->step(job.message);
    if (job.message) wipe(*job.message);
    lock.lock();
    done_.push_back({std::move(job.exchange), std::move(step)});
    static_cast<void>(::eventfd_write(done_event_.get(), 1));
  }
}

}  // namespace lbx::auth
