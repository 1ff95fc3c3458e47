// SPDX-License-Identifier: MIT
#include "convert/maildir_sink.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

#include "core/base/io.h"
#include "core/maildir/maildir.h"
#include "core/message/line_endings.h"

namespace lbx::convert {
namespace {

constexpr mode_t kMessageMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr std::uint64_t kMicros = 1'000'000;
constexpr const char* kLargePath = "tmp/large";

/// A folder in the staging directory.
struct StagedFolder {
  std::string path;      // ".NAME/", or "" for the inbox
  bool unsynced{false};  // something was added since the last sync()
};

/// What is known of a message before its octets.
struct Envelope {
  std::int64_t seconds;
  std::uint64_t ordinal;
  MaildirPlace place;
  const StagedFolder* folder;
};

struct Item {
  Envelope envelope;
  std::size_t begin;  // in the slab's text
  std::size_t end;
};

/// Some messages, on their way to a writer.
struct Slab {
  std::string text;
  std::vector<Item> items;
  std::size_t first{0};  // the place of its first message among those since the last sync()
  void clear() {
    text.clear();
    items.clear();
  }
};

MaildirPlace place_of(const MessageState& state, const std::string& keyword_letters) {
  if (state.fresh && keyword_letters.empty()) return {};
  return {MaildirPlace::Folder::Cur, MaildirFlags{state.letters + keyword_letters}};
}

Result<void> make_staged_folder(FileOps& files, int root, const std::string& path) {
  for (const char* each : {"", "tmp", "new", "cur"}) {
    Result<void> made = files.make_directory(root, path + each, kFolderMode);
    if (!made && made.error().os_error != EEXIST) return made;
  }
  const UniqueFd mark =
      LBX_TRY(files.open_at(root, path + kFolderMark, O_WRONLY | O_CREAT, kMessageMode));
  return files.sync(mark.get());
}

Instant time_of(const Envelope& envelope) {
  return {envelope.seconds, static_cast<std::int32_t>(envelope.ordinal % kMicros)};
}

}  // namespace

/// All of the sink that its threads share; it stays where it is.
class MaildirSink::Writers {
 public:
  Writers(System& system, int root, UniqueFd fresh, UniqueFd seen, bool sync_each,
          FolderKeeper* keeper)
      : keeper_{keeper},
        state_{system.files, root},
        files_{&system.files},
        host_{system.host_name},
        root_{root},
        new_{std::move(fresh)},
        cur_{std::move(seen)},
        sync_each_{sync_each} {
    for (std::size_t i = 0; i < kMaxSlabs; ++i) idle_.push_back(std::make_unique<Slab>());
  }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;
  ~Writers() {
    {
      const std::lock_guard guard{mutex_};
      ended_ = true;
    }
    work_.notify_all();
    for (std::thread& each : threads_) each.join();
  }

  void start(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  void begin_source(const std::string& name, std::uint64_t ordinal, std::int64_t last_seconds) {
    static_cast<void>(drain());  // an error stays, and comes with the next message
    source_ = name;
    ordinal_ = ordinal;
    last_seconds_ = last_seconds;
  }
  std::optional<Failure> add(const Message& message);
  Result<std::vector<MessageDigest>> sync();

  std::uint64_t ordinal_{0};
  std::int64_t last_seconds_{0};
  std::uint64_t octets_{0};
  std::size_t unsynced_{0};
  std::uint64_t unsynced_octets_{0};
  FolderKeeper* keeper_;
  StateLog state_;

 private:
  class LargeMessage;
  void run();
  Result<std::unique_ptr<Slab>> take_idle();
  void hand_over(std::unique_ptr<Slab> slab);
  void write_slab(Slab& slab, Sha256& sum);
  Result<MessageDigest> write_item(std::string_view text, const Envelope& envelope, Sha256& sum);
  std::string name_of(const Envelope& envelope, const MessageDigest& digest,
                      const OctetCounter& octets) const;
  struct Place {
    int dir;
    std::string path;  // below dir
  };
  Place file_of(const Envelope& envelope, const MessageDigest& digest,
                const OctetCounter& octets) const;
  Result<StagedFolder*> folder_for(const FolderName& name);
  Result<Envelope> envelope_of(const Message& message);
  Result<void> sync_directories();
  Result<void> finish_file(UniqueFd file, const Envelope& envelope);
  Result<void> drain();
  void keep_digest(std::size_t place, const MessageDigest& digest);

  FileOps* files_;
  std::string host_;
  int root_;
  UniqueFd new_;
  UniqueFd cur_;
  std::map<std::string, StagedFolder> folders_;  // by FolderName::directory()
  bool sync_each_;                               // the file system knows no sync of all
  std::string source_;
  std::unique_ptr<Slab> current_;
  Sha256 sum_;  // the caller's

  std::mutex mutex_;  // for all below
  std::condition_variable work_;
  std::condition_variable room_;
  std::deque<std::unique_ptr<Slab>> waiting_;
  std::vector<std::unique_ptr<Slab>> idle_;
  std::vector<MessageDigest> digests_;
  std::optional<Error> error_;
  bool ended_{false};
  std::vector<std::thread> threads_;
};

/// A message that is written as it comes, under a name of its own until it is known.
class MaildirSink::Writers::LargeMessage {
 public:
  explicit LargeMessage(Writers& writers) : writers_{&writers} {}

  Result<void> open() {
    file_ = LBX_TRY(writers_->files_->open_at(writers_->root_, kLargePath,
                                              O_WRONLY | O_CREAT | O_TRUNC, kMessageMode));
    sum_.emplace();
    return {};
  }
  bool is_open() const { return static_cast<bool>(file_); }
  Result<void> write(std::string_view bytes) {
    octets_.add(bytes);
    sum_->add(bytes);
    return write_all(*writers_->files_, file_.get(), bytes);
  }
  std::uint64_t octets() const { return octets_.stored(); }
  Result<MessageDigest> finish(const Envelope& envelope) {
    LBX_TRY(writers_->finish_file(std::move(file_), envelope));
    const MessageDigest digest = MessageDigest::of(sum_->finish());
    const Place place = writers_->file_of(envelope, digest, octets_);
    LBX_TRY(writers_->files_->rename_at(writers_->root_, kLargePath, place.dir, place.path));
    return digest;
  }
  void abandon() {
    file_.reset();
    static_cast<void>(writers_->files_->unlink_at(writers_->root_, kLargePath));
  }

 private:
  Writers* writers_;
  UniqueFd file_;
  std::optional<Sha256> sum_;
  OctetCounter octets_;
};

std::string MaildirSink::Writers::name_of(const Envelope& envelope, const MessageDigest& digest,
                                          const OctetCounter& octets) const {
  Instant time = time_of(envelope);
  time.seconds = std::max<std::int64_t>(time.seconds, 0);  // no name begins with '-'
  const UniqueName name =
      UniqueName::make({time, 0, name_bits(source_, envelope.ordinal, digest), host_},
                       octets.stored(), octets.on_wire());
  if (envelope.place.folder == MaildirPlace::Folder::New) return name.str();
  return name.str() + ":2," + envelope.place.flags.str();
}

/// The inbox has descriptors of its own: most imports know no other folder.
MaildirSink::Writers::Place MaildirSink::Writers::file_of(const Envelope& envelope,
                                                          const MessageDigest& digest,
                                                          const OctetCounter& octets) const {
  std::string name = name_of(envelope, digest, octets);
  const bool fresh = envelope.place.folder == MaildirPlace::Folder::New;
  if (envelope.folder->path.empty()) return {fresh ? new_.get() : cur_.get(), std::move(name)};
  return {root_, envelope.folder->path + (fresh ? "new/" : "cur/") + name};
}

Result<StagedFolder*> MaildirSink::Writers::folder_for(const FolderName& name) {
  const auto found = folders_.find(name.directory());
  if (found != folders_.end()) return &found->second;
  StagedFolder folder;
  if (!name.is_inbox()) {
    folder.path = name.directory() + '/';
    LBX_TRY(make_staged_folder(*files_, root_, folder.path));
  }
  return &folders_.emplace(name.directory(), std::move(folder)).first->second;
}

Result<Envelope> MaildirSink::Writers::envelope_of(const Message& message) {
  std::string letters;
  if (keeper_ != nullptr && !message.keywords.empty()) {
    letters = LBX_TRY(keeper_->letters(message.folder, message.keywords));
  }
  StagedFolder* folder = LBX_TRY(folder_for(message.folder));
  folder->unsynced = true;
  const std::int64_t seconds = message.time ? message.time->seconds : last_seconds_;
  return Envelope{seconds, ordinal_, place_of(message.state, letters), folder};
}

Result<void> MaildirSink::Writers::finish_file(UniqueFd file, const Envelope& envelope) {
  LBX_TRY(files_->set_modified(file.get(), time_of(envelope)));
  if (sync_each_) LBX_TRY(files_->sync(file.get()));
  return files_->close(std::move(file));
}

Result<MessageDigest> MaildirSink::Writers::write_item(std::string_view text,
                                                       const Envelope& envelope, Sha256& sum) {
  sum.add(text);
  const MessageDigest digest = MessageDigest::of(sum.finish());
  OctetCounter octets;
  octets.add(text);
  const Place place = file_of(envelope, digest, octets);
  UniqueFd file =
      LBX_TRY(files_->open_at(place.dir, place.path, O_WRONLY | O_CREAT | O_EXCL, kMessageMode));
  LBX_TRY(write_all(*files_, file.get(), text));
  LBX_TRY(finish_file(std::move(file), envelope));
  return digest;
}

void MaildirSink::Writers::write_slab(Slab& slab, Sha256& sum) {
  std::vector<MessageDigest> digests;
  std::optional<Error> error;
  for (const Item& item : slab.items) {
    const std::string_view text = std::string_view{slab.text}.substr(item.begin);
    Result<MessageDigest> digest =
        write_item(text.substr(0, item.end - item.begin), item.envelope, sum);
    if (!digest) {
      error = digest.error();
      break;
    }
    digests.push_back(*digest);
  }
  const std::lock_guard guard{mutex_};
  for (std::size_t i = 0; i < digests.size(); ++i) keep_digest(slab.first + i, digests[i]);
  if (!error_) error_ = error;
}

/// The mutex is held.
void MaildirSink::Writers::keep_digest(std::size_t place, const MessageDigest& digest) {
  if (digests_.size() <= place) digests_.resize(place + 1);
  digests_[place] = digest;
}

void MaildirSink::Writers::run() {
  Sha256 sum;
  for (;;) {
    std::unique_ptr<Slab> slab;
    {
      std::unique_lock lock{mutex_};
      work_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (ended_) return;
      slab = std::move(waiting_.front());
      waiting_.pop_front();
    }
    write_slab(*slab, sum);
    slab->clear();
    {
      const std::lock_guard guard{mutex_};
      idle_.push_back(std::move(slab));
    }
    room_.notify_one();
  }
}

Result<std::unique_ptr<Slab>> MaildirSink::Writers::take_idle() {
  std::unique_lock lock{mutex_};
  room_.wait(lock, [this] { return !idle_.empty(); });
  if (error_) return *error_;
  std::unique_ptr<Slab> slab = std::move(idle_.back());
  idle_.pop_back();
  slab->first = unsynced_;
  return slab;
}

void MaildirSink::Writers::hand_over(std::unique_ptr<Slab> slab) {
  if (threads_.empty()) {
    write_slab(*slab, sum_);
    slab->clear();
    idle_.push_back(std::move(slab));
    return;
  }
  {
    const std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(slab));
  }
  work_.notify_one();
}

std::optional<MaildirSink::Failure> MaildirSink::Writers::add(const Message& message) {
  if (!current_) {
    Result<std::unique_ptr<Slab>> slab = take_idle();
    if (!slab) return Failure{slab.error(), false};
    current_ = std::move(*slab);
  }
  const Result<Envelope> described = envelope_of(message);
  if (!described) return Failure{described.error(), false};
  const Envelope& envelope = *described;
  std::string& text = current_->text;
  const std::size_t begin = text.size();
  LargeMessage large{*this};
  bool source_failed = true;
  const ChunkSink take = [&](std::string_view chunk) -> Result<void> {
    if (!large.is_open() && text.size() - begin + chunk.size() <= kMaxHeldMessage) {
      text += chunk;
      return {};
    }
    source_failed = false;
    if (!large.is_open()) {
      LBX_TRY(large.open());
      LBX_TRY(large.write(std::string_view{text}.substr(begin)));
      text.resize(begin);
    }
    LBX_TRY(large.write(chunk));
    source_failed = true;
    return {};
  };
  const Result<void> read = message.content(take);
  if (!read) {
    text.resize(begin);
    if (large.is_open()) large.abandon();
    return Failure{read.error(), source_failed};
  }
  const std::uint64_t octets = large.is_open() ? large.octets() : text.size() - begin;
  if (large.is_open()) {
    // What came before it goes first: a slab's messages follow each other.
    if (!current_->items.empty()) hand_over(std::move(current_));
    const Result<MessageDigest> digest = large.finish(envelope);
    if (!digest) return Failure{digest.error(), false};
    {
      const std::lock_guard guard{mutex_};
      keep_digest(unsynced_, *digest);
    }
    if (current_) current_->first = unsynced_ + 1;
  } else {
    current_->items.push_back({envelope, begin, text.size()});
    if (text.size() >= kSlabOctets) hand_over(std::move(current_));
  }
  if (keeper_ != nullptr) state_.note(ordinal_, message);
  last_seconds_ = envelope.seconds;
  ++ordinal_;
  ++unsynced_;
  octets_ += octets;
  unsynced_octets_ += octets;
  return std::nullopt;
}

Result<void> MaildirSink::Writers::drain() {
  if (current_) hand_over(std::move(current_));
  std::unique_lock lock{mutex_};
  room_.wait(lock, [this] { return idle_.size() == kMaxSlabs; });
  if (error_) return *error_;
  return {};
}

Result<std::vector<MessageDigest>> MaildirSink::Writers::sync() {
  LBX_TRY(drain());
  std::vector<MessageDigest> digests = std::exchange(digests_, {});
  LBX_TRY(state_.write(source_, ordinal_ - unsynced_, digests));
  unsynced_ = 0;
  unsynced_octets_ = 0;
  if (digests.empty()) return digests;
  if (sync_each_) {
    LBX_TRY(sync_directories());
  } else {
    LBX_TRY(files_->sync_file_system(root_));
  }
  return digests;
}

Result<void> MaildirSink::Writers::sync_directories() {
  for (auto& [directory, folder] : folders_) {
    if (!std::exchange(folder.unsynced, false)) continue;
    for (const char* each : {"new", "cur", "."}) {
      LBX_TRY(sync_directory(*files_, root_, folder.path + each));
    }
  }
  return sync_directory(*files_, root_, ".");
}

Result<MaildirSink> MaildirSink::open(System& system, int root, unsigned writers,
                                      FolderKeeper* keeper) {
  FileOps& files = system.files;
  UniqueFd fresh = LBX_TRY(files.open_at(root, "new", O_RDONLY | O_DIRECTORY));
  UniqueFd seen = LBX_TRY(files.open_at(root, "cur", O_RDONLY | O_DIRECTORY));
  // Network file systems answer syncfs(2) without doing it for their server.
  const bool sync_each = LBX_TRY(files.file_system(root)) != FileSystemKind::Local;
  auto shared =
      std::make_unique<Writers>(system, root, std::move(fresh), std::move(seen), sync_each, keeper);
  shared->start(std::min(writers, kMaxWriters));
  return MaildirSink{std::move(shared)};
}

MaildirSink::MaildirSink(std::unique_ptr<Writers> writers) : writers_{std::move(writers)} {}
MaildirSink::MaildirSink(MaildirSink&&) noexcept = default;
MaildirSink::~MaildirSink() = default;

void MaildirSink::begin_source(const std::string& name, std::uint64_t ordinal,
                               std::int64_t last_seconds) {
  writers_->begin_source(name, ordinal, last_seconds);
}
std::optional<MaildirSink::Failure> MaildirSink::add(const Message& message) {
  return writers_->add(message);
}
Result<std::vector<MessageDigest>> MaildirSink::sync() {
  return writers_->sync();
}
std::uint64_t MaildirSink::ordinal() const {
  return writers_->ordinal_;
}
std::int64_t MaildirSink::last_seconds() const {
  return writers_->last_seconds_;
}
std::uint64_t MaildirSink::octets() const {
  return writers_->octets_;
}
std::size_t MaildirSink::unsynced() const {
  return writers_->unsynced_;
}
std::uint64_t MaildirSink::unsynced_octets() const {
  return writers_->unsynced_octets_;
}

std::size_t MaildirSink::held_state() const {
  return writers_->state_.held();
}

}  // namespace lbx::convert
