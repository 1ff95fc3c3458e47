// SPDX-License-Identifier: MIT
#include "queue/live_messages.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace lbx::queue {
namespace {

/// A large one is a file, which takes no memory of ours.
std::uint64_t octets_of(const Live& live) {
  return live.spool_name.empty() ? live.envelope.size : 0;
}

/// What was kept so long for a turn that has not come makes room for others.
constexpr std::int64_t kStale = 60;
constexpr std::size_t kSweepAtLeast = 64;

}  // namespace

const std::string* Live::address_of(RecipientId recipient) const {
  const auto found = std::ranges::lower_bound(recipients, recipient, {}, &LiveRecipient::id);
  return found == recipients.end() || found->id != recipient ? nullptr : &found->address;
}

LiveRecipient* Live::find(RecipientId recipient) {
  const auto found = std::ranges::lower_bound(recipients, recipient, {}, &LiveRecipient::id);
  return found == recipients.end() || found->id != recipient ? nullptr : &*found;
}

Result<UniqueFd> message_descriptor(std::string_view head, std::string_view octets) {
  UniqueFd fd{::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!fd) return Error::from_errno(errno, "memfd_create");
  const std::string_view all[] = {head, octets};
  for (const std::string_view part : all) {
    std::size_t done = 0;
    while (done < part.size()) {
      const ssize_t wrote = ::write(fd.get(), part.data() + done, part.size() - done);
      if (wrote < 0) return Error::from_errno(errno, "write to a memfd");
      done += static_cast<std::size_t>(wrote);
    }
  }
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) <
      0) {
    return Error::from_errno(errno, "F_ADD_SEALS");
  }
  return fd;
}

LivePtr LiveMessages::find(MessageId message) {
  const auto found = known_.find(message);
  return found == known_.end() ? nullptr : found->second.lock();
}

LivePtr LiveMessages::add(Live live) {
  if (known_.size() >= known_before_sweep_) {
    std::erase_if(known_, [](const auto& each) { return each.second.expired(); });
    known_before_sweep_ = std::max(kSweepAtLeast, 2 * known_.size());
  }
  auto made = std::make_shared<Live>(std::move(live));
  known_.insert_or_assign(made->id, made);
  return made;
}

void LiveMessages::insert(std::list<Kept>::iterator before, Kept kept) {
  octets_ += octets_of(*kept.live);
  const MessageId id = kept.live->id;
  kept_.emplace(id, order_.insert(before, std::move(kept)));
}

void LiveMessages::drop(std::list<Kept>::iterator which) {
  octets_ -= octets_of(*which->live);
  kept_.erase(which->live->id);
  order_.erase(which);
}

bool LiveMessages::has_room(std::uint64_t octets, std::int64_t now) {
  while (is_full(octets) && !order_.empty() &&
         (now - order_.front().since > kStale || order_.front().since > now)) {
    drop(order_.begin());
  }
  return !is_full(octets);  // first come, first delivered: those there are the next
}

void LiveMessages::keep(const LivePtr& live, std::size_t turns, std::int64_t now) {
  if (turns == 0 || kept_.contains(live->id) || !has_room(octets_of(*live), now)) return;
  insert(order_.end(), {live, turns, now});
}

void LiveMessages::keep_first(const LivePtr& live, std::size_t turns, std::int64_t now) {
  const std::uint64_t octets = octets_of(*live);
  if (turns == 0 || octets > limits_.octets || kept_.contains(live->id)) return;
  while (is_full(octets) && !order_.empty()) drop(std::prev(order_.end()));
  if (!is_full(octets)) insert(order_.begin(), {live, turns, now});
}

void LiveMessages::used(MessageId message) {
  const auto found = kept_.find(message);
  if (found != kept_.end() && --found->second->turns == 0) drop(found->second);
}

void LiveMessages::forget(const std::unordered_set<RecipientId>& recipients) {
  for (const auto& [id, known] : known_) {
    const LivePtr live = known.lock();
    if (!live) continue;
    const std::size_t forgotten = std::erase_if(
        live->recipients, [&](const LiveRecipient& each) { return recipients.contains(each.id); });
    live->open -= std::min(live->open, forgotten);
  }
}

}  // namespace lbx::queue
