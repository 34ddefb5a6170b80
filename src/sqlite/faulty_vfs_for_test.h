#pragma once
// A file layer for SQLite that fails when a test says so. Everything else goes to the system's. Tests only.
#include <sqlite3.h>

#include <atomic>
#include <climits>
#include <cstdint>
#include <cstring>

namespace plaza::sqlite {

/// What the files of the "plaza-faulty" layer do. One for the process.
struct Faults {
  std::atomic<std::int64_t> writes_until_failure{
      INT64_MAX};  ///< so many succeed, then all fail until it is set again
  std::atomic<int> write_code{SQLITE_FULL};
  std::atomic<std::int64_t> syncs_until_failure{INT64_MAX};
  std::atomic<int> reads_fail{0};
  std::atomic<std::int64_t> writes{0}, syncs{0};

  void heal() {
    writes_until_failure = INT64_MAX;
    syncs_until_failure = INT64_MAX;
    reads_fail = 0;
  }
};
inline Faults g_faults;

inline constexpr const char* kFaultyVfs = "plaza-faulty";

namespace faulty {

struct File {
  sqlite3_file base;
  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
inline sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }
inline sqlite3_vfs* system_vfs() {
  static sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs;
}
inline bool spend(std::atomic<std::int64_t>& left) {
  if (left.load() == INT64_MAX) return true;
  return left.fetch_sub(1) > 0;
}

inline int close(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
inline int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return g_faults.reads_fail != 0 ? SQLITE_IOERR_READ : real(f)->pMethods->xRead(real(f), to, n, at);
}
inline int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  ++g_faults.writes;
  if (!spend(g_faults.writes_until_failure)) return g_faults.write_code;
  return real(f)->pMethods->xWrite(real(f), from, n, at);
}
inline int truncate(sqlite3_file* f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
inline int sync(sqlite3_file* f, int flags) {
  ++g_faults.syncs;
  if (!spend(g_faults.syncs_until_failure)) return SQLITE_IOERR_FSYNC;
  return real(f)->pMethods->xSync(real(f), flags);
}
inline int file_size(sqlite3_file* f, sqlite3_int64* n) { return real(f)->pMethods->xFileSize(real(f), n); }
inline int lock(sqlite3_file* f, int l) { return real(f)->pMethods->xLock(real(f), l); }
inline int unlock(sqlite3_file* f, int l) { return real(f)->pMethods->xUnlock(real(f), l); }
inline int reserved(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
inline int control(sqlite3_file* f, int op, void* arg) {
  return real(f)->pMethods->xFileControl(real(f), op, arg);
}
inline int sector(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
inline int traits(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
inline int shm_map(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
inline int shm_lock(sqlite3_file* f, int at, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
inline void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
inline int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

inline const sqlite3_io_methods kMethods{.iVersion = 2,
                                         .xClose = close,
                                         .xRead = read,
                                         .xWrite = write,
                                         .xTruncate = truncate,
                                         .xSync = sync,
                                         .xFileSize = file_size,
                                         .xLock = lock,
                                         .xUnlock = unlock,
                                         .xCheckReservedLock = reserved,
                                         .xFileControl = control,
                                         .xSectorSize = sector,
                                         .xDeviceCharacteristics = traits,
                                         .xShmMap = shm_map,
                                         .xShmLock = shm_lock,
                                         .xShmBarrier = shm_barrier,
                                         .xShmUnmap = shm_unmap,
                                         .xFetch = nullptr,
                                         .xUnfetch = nullptr};

inline int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = system_vfs()->xOpen(system_vfs(), name, real(file), flags, out_flags);
  file->pMethods = code == SQLITE_OK ? &kMethods : nullptr;
  return code;
}

}  // namespace faulty

/// Makes the layer known under kFaultyVfs; once for the process.
inline void register_faulty_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *faulty::system_vfs();
    copy.szOsFile += static_cast<int>(sizeof(faulty::File));
    copy.zName = kFaultyVfs;
    copy.pNext = nullptr;
    copy.xOpen = faulty::open;
    return copy;
  }();
  sqlite3_vfs_register(&vfs, 0);
}

}  // namespace plaza::sqlite
