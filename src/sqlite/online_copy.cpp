#include "sqlite/online_copy.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "sqlite/connection.h"

namespace plaza::sqlite {
namespace {

using Clock = std::chrono::steady_clock;

struct Source {
  std::string path;
  Connection gate;    // holds the write lock for a moment
  Connection reader;  // holds the snapshot that is copied
};

std::unexpected<std::string> failed(const std::string& path, const Connection& connection) {
  return fail(fmt::format("{}: {}", path, connection.failure().text));
}

/// Asks often: a busy writer gives its lock back for microseconds only, between two transactions.
int ask_again(void* until, int /*asked*/) {
  if (Clock::now() >= *static_cast<const Clock::time_point*>(until)) return 0;
  std::this_thread::sleep_for(std::chrono::microseconds{200});
  return 1;
}

Result<void, std::string> open(Source& source, const OnlineCopyOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(source.path, error)) {
    return fail(fmt::format("{}: there is no such file", source.path));
  }
  for (Connection* connection : {&source.gate, &source.reader}) {
    if (connection->open(source.path, Connection::Mode::create, {}, options.busy_timeout_ms) != SQLITE_OK) {
      return failed(source.path, *connection);
    }
    std::int64_t tables = 0;
    if (connection->query_int("SELECT count(*) FROM sqlite_schema", tables) != SQLITE_ROW) {
      return failed(source.path, *connection);
    }
  }
  return {};
}

class Gates {
 public:
  explicit Gates(std::vector<Source>& sources) : sources_(sources) {}
  ~Gates() { leave(); }
  Gates(const Gates&) = delete;
  Gates& operator=(const Gates&) = delete;

  /// SQLITE_OK when all are held; else none is, and `which` is the one that could not be had.
  int enter(Clock::time_point until, const Source*& which) {
    for (Source& source : sources_) {
      sqlite3_busy_handler(source.gate.raw(), ask_again, &until);
      const int code = source.gate.run("BEGIN IMMEDIATE");
      if (code == SQLITE_OK) continue;
      which = &source;
      leave();
      return code;
    }
    return SQLITE_OK;
  }
  void leave() {
    for (Source& source : sources_) {
      if (source.gate.in_transaction()) source.gate.run("ROLLBACK");
    }
  }

 private:
  std::vector<Source>& sources_;
};

/// The write locks of all, or why they cannot be had. Between two attempts none is held: a writer that waits for one of them
/// gets on.
Result<void, std::string> enter(Gates& gates, const OnlineCopyOptions& options) {
  const auto end = Clock::now() + std::chrono::milliseconds{options.wait_ms};
  for (;;) {
    const Source* which = nullptr;
    const auto attempt = Clock::now() + std::chrono::milliseconds{options.attempt_ms};
    const int code = gates.enter(std::min(attempt, end), which);
    if (code == SQLITE_OK) return {};
    if ((code & 0xFF) != SQLITE_BUSY) return failed(which->path, which->gate);
    if (Clock::now() >= end) {
      return fail(
          fmt::format("{}: another program has held a lock on it for {} ms: end that program, or try "
                      "again when less is written",
                      which->path, options.wait_ms));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

Result<void, std::string> take_snapshot(Source& source) {
  std::int64_t tables = 0;
  if (source.reader.run("BEGIN") == SQLITE_OK &&
      source.reader.query_int("SELECT count(*) FROM sqlite_schema", tables) == SQLITE_ROW) {
    return {};
  }
  return failed(source.path, source.reader);
}

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

Result<void, std::string> copy(Source& source, const std::string& to, int pages_per_step) {
  Connection target;
  if (target.open(to, Connection::Mode::create, {}, 0) != SQLITE_OK ||
      target.run("PRAGMA synchronous = OFF") != SQLITE_OK) {
    return failed(to, target);
  }
  // Within the reader's transaction it copies the reader's snapshot, whatever is written meanwhile.
  std::unique_ptr<sqlite3_backup, FinishBackup> backup(
      sqlite3_backup_init(target.raw(), "main", source.reader.raw(), "main"));
  if (!backup) return failed(to, target);
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup.get(), pages_per_step);
  backup.reset();
  if (code != SQLITE_DONE) return fail(fmt::format("{}: {}", to, sqlite3_errstr(code)));
  std::string verdict;
  if (target.query_text("PRAGMA quick_check(1)", verdict) != SQLITE_ROW) return failed(to, target);
  if (verdict != "ok") return fail(fmt::format("{}: it is damaged: {}", source.path, verdict));
  return {};
}

}  // namespace

Result<OnlineCopy, std::string> copy_together(std::span<const FileCopy> files,
                                              const OnlineCopyOptions& options) {
  std::vector<Source> sources(files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    sources[i].path = files[i].from;
    if (auto opened = open(sources[i], options); !opened) return fail(std::move(opened.error()));
  }
  OnlineCopy done;
  {
    Gates gates(sources);
    if (auto entered = enter(gates, options); !entered) return fail(std::move(entered.error()));
    const auto begin = Clock::now();
    done.moment = std::chrono::system_clock::now();
    for (Source& source : sources) {
      if (auto taken = take_snapshot(source); !taken) return fail(std::move(taken.error()));
    }
    gates.leave();
    done.held = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    sources[i].gate.close();
    if (auto copied = copy(sources[i], files[i].to, options.pages_per_step); !copied) {
      return fail(std::move(copied.error()));
    }
    sources[i].reader.close();
    done.bytes += std::filesystem::file_size(files[i].to);
  }
  return done;
}

}  // namespace plaza::sqlite
