// SPDX-License-Identifier: MIT
// Which .qmail file forwards to which, by the look-up that delivery uses, and the circles in it. A
// file forwards to the same addresses whoever the message is for, so that a circle of files is one
// of messages, but for the programs that may stop them.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "admin/site.h"
#include "core/users/resolver.h"
#include "deliver/plan.h"

namespace lbx::admin {

/// Files that forwards are followed through, at most.
inline constexpr std::size_t kMaxForwardFiles = 100'000;

struct Forward {
  std::string user;  // whose file it is
  std::string file;  // its path, or that of the home where the default delivery counts
  std::size_t line;
  std::string address;
};

struct DeadForward {
  Forward forward;
  std::string why;
};

struct ForwardLoop {
  Forward first;                   // its file is the last of `files` again
  std::vector<std::string> files;  // at least two; the first and the last are the same
};

class ForwardGraph {
 public:
  ForwardGraph(const Site& site, std::string default_delivery);

  /// The forwards of one file, as far as they are addresses at all. Where it is known already,
  /// nothing happens.
  void add(const std::string& user, const std::string& file, const dotqmail::Script& script);
  /// Looks up where they lead, and on from there. Once, after the last add().
  void follow();

  const std::vector<DeadForward>& dead() const { return dead_; }
  /// Each file is the end of one circle at most.
  std::vector<ForwardLoop> loops() const;
  bool complete() const { return complete_; }

 private:
  struct Edge {
    Forward forward;
    std::string to;
  };
  void follow_one(const Forward& forward);
  void enter(const Forward& forward, const users::Resolution& who);

  const Site& site_;
  std::string default_delivery_;
  users::Resolver resolver_;
  std::set<std::string> files_;
  std::deque<Forward> pending_;
  std::map<std::string, std::vector<Edge>> edges_;
  std::vector<DeadForward> dead_;
  bool complete_{true};
};

}  // namespace lbx::admin
