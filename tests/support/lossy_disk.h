// SPDX-License-Identifier: MIT
// A disk below SQLite that forgets what was not synced. Files are really written; beside, it keeps
// what of each is durable and what was written since. leave() makes the files that a power cut at
// this moment could leave: of what was not synced any part, sector by sector. Writes and syncs can
// be made to fail.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <new>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace lbx::testing_support {

class LossyDisk {
 public:
  LossyDisk() {
    below_ = sqlite3_vfs_find(nullptr);
    vfs_ = *below_;
    vfs_.szOsFile += kHeader;
    vfs_.zName = "lossy";
    vfs_.pAppData = this;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    sqlite3_vfs_register(&vfs_, 0);
  }
  LossyDisk(const LossyDisk&) = delete;
  LossyDisk& operator=(const LossyDisk&) = delete;
  ~LossyDisk() { sqlite3_vfs_unregister(&vfs_); }

  const char* vfs() const { return vfs_.zName; }

  /// Called before each write, truncation and sync, with the file's name.
  std::function<void(const std::string& name)> before_change{[](const std::string&) {}};
  int write_fault{SQLITE_OK};  // what writes answer instead of being done
  int sync_fault{SQLITE_OK};
  std::uint64_t syncs{0};

  /// Writes what could be left of each file into `directory`.
  void leave(const std::string& directory, std::mt19937_64& random) const {
    for (const auto& [path, image] : images_) {
      std::string content = image.durable;
      // All, nothing, or anything between.
      const std::uint64_t part = random() % 4;
      for (const Change& change : image.unsynced) apply_part(content, change, part, random);
      if (content.empty() && image.durable.empty()) continue;
      std::ofstream{directory + path.substr(path.rfind('/')), std::ios::binary} << content;
    }
  }

 private:
  static constexpr std::size_t kSector = 512;
  static constexpr std::size_t kNoTruncation = SIZE_MAX;

  struct Change {
    std::size_t at;
    std::string octets;
    std::size_t truncated_to{kNoTruncation};
  };
  struct Image {
    std::string durable;
    std::vector<Change> unsynced;
  };
  struct File {
    sqlite3_file base;
    LossyDisk* disk;
    Image* image;
    const std::string* name;
    sqlite3_file* below;
  };
  static constexpr int kHeader = (sizeof(File) + 15) / 16 * 16;

  static void apply(std::string& content, std::size_t at, std::string_view octets) {
    if (content.size() < at + octets.size()) content.resize(at + octets.size());
    content.replace(at, octets.size(), octets);
  }
  static void apply(std::string& content, const Change& change) {
    if (change.truncated_to != kNoTruncation) return content.resize(change.truncated_to);
    apply(content, change.at, change.octets);
  }
  static void apply_part(std::string& content, const Change& change, std::uint64_t part,
                         std::mt19937_64& random) {
    if (part == 0) return;
    if (part == 1 || change.truncated_to != kNoTruncation) return apply(content, change);
    for (std::size_t at = 0; at < change.octets.size(); at += kSector) {
      if (random() % part != 0) continue;
      apply(content, change.at + at, std::string_view{change.octets}.substr(at, kSector));
    }
  }

  static File& self(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* below(sqlite3_file* file) { return self(file).below; }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
    auto* disk = static_cast<LossyDisk*>(vfs->pAppData);
    File& mine = *new (file) File{};
    mine.disk = disk;
    mine.below = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kHeader);
    const int code = disk->below_->xOpen(disk->below_, name, mine.below, flags, out);
    if (code != SQLITE_OK) return code;
    const auto found = disk->images_.try_emplace(name == nullptr ? "/temporary" : name).first;
    mine.name = &found->first;
    mine.image = &found->second;
    mine.base.pMethods = methods();
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto* disk = static_cast<LossyDisk*>(vfs->pAppData);
    disk->images_.erase(name);
    return disk->below_->xDelete(disk->below_, name, sync_directory);
  }

  static int write(sqlite3_file* file, const void* octets, int size, sqlite3_int64 at) {
    File& mine = self(file);
    mine.disk->before_change(*mine.name);
    if (mine.disk->write_fault != SQLITE_OK) return mine.disk->write_fault;
    const auto length = static_cast<std::size_t>(size);
    mine.image->unsynced.push_back(
        {static_cast<std::size_t>(at), {static_cast<const char*>(octets), length}});
    return mine.below->pMethods->xWrite(mine.below, octets, size, at);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File& mine = self(file);
    mine.disk->before_change(*mine.name);
    if (mine.disk->write_fault != SQLITE_OK) return mine.disk->write_fault;
    mine.image->unsynced.push_back({0, "", static_cast<std::size_t>(size)});
    return mine.below->pMethods->xTruncate(mine.below, size);
  }
  static int sync(sqlite3_file* file, int flags) {
    File& mine = self(file);
    mine.disk->before_change(*mine.name);
    if (mine.disk->sync_fault != SQLITE_OK) return mine.disk->sync_fault;
    ++mine.disk->syncs;
    for (const Change& change : mine.image->unsynced) apply(mine.image->durable, change);
    mine.image->unsynced.clear();
    static_cast<void>(flags);  // the machine of the test need not wait for its own disk
    return SQLITE_OK;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods kMethods{
        3,
        [](sqlite3_file* f) { return below(f)->pMethods->xClose(below(f)); },
        [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
          return below(f)->pMethods->xRead(below(f), to, size, at);
        },
        write,
        truncate,
        sync,
        [](sqlite3_file* f, sqlite3_int64* size) {
          return below(f)->pMethods->xFileSize(below(f), size);
        },
        [](sqlite3_file* f, int lock) { return below(f)->pMethods->xLock(below(f), lock); },
        [](sqlite3_file* f, int lock) { return below(f)->pMethods->xUnlock(below(f), lock); },
        [](sqlite3_file* f, int* out) {
          return below(f)->pMethods->xCheckReservedLock(below(f), out);
        },
        [](sqlite3_file* f, int what, void* with) {
          return below(f)->pMethods->xFileControl(below(f), what, with);
        },
        [](sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); },
        [](sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); },
        [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
          return below(f)->pMethods->xShmMap(below(f), page, size, extend, out);
        },
        [](sqlite3_file* f, int offset, int n, int flags) {
          return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
        },
        [](sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); },
        [](sqlite3_file* f, int gone) { return below(f)->pMethods->xShmUnmap(below(f), gone); },
        [](sqlite3_file*, sqlite3_int64, int, void** out) {
          *out = nullptr;
          return SQLITE_OK;
        },
        [](sqlite3_file*, sqlite3_int64, void*) { return SQLITE_OK; }};
    return &kMethods;
  }

  sqlite3_vfs* below_;
  sqlite3_vfs vfs_{};
  std::map<std::string, Image> images_;
};

}  // namespace lbx::testing_support
