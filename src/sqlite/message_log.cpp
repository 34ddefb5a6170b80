#include "sqlite/message_log.h"

#include <optional>
#include <utility>

#include "sqlite/connection.h"
#include "sqlite/message_rows.h"
#include "sqlite/schema.h"

namespace plaza::sqlite {

using ports::MessageLogError;
using ports::MessageLogPage;
using ports::MessagePtr;

struct StoredMessageLog::Open {
  Connection connection;  // first, so that it is closed last
  Statement begin, end, border, after;
  MessageLookup lookup;

  [[nodiscard]] std::unexpected<MessageLogError> failed() const {
    return fail(MessageLogError{connection.failure().text});
  }
  bool read_border(MessageLogPage& page);
  bool read_messages(MessageId id, std::uint32_t limit, MessageLogPage& page);
};

namespace {
/// Everything between is of one moment.
class Snapshot {
 public:
  Snapshot(Statement& begin, Statement& end) : end_(end), good_(begin.run()) {}
  ~Snapshot() {
    if (good_) end_.run();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  [[nodiscard]] explicit operator bool() const { return good_; }

 private:
  Statement& end_;
  const bool good_;
};
}  // namespace

bool StoredMessageLog::Open::read_border(MessageLogPage& page) {
  const Rewind rewind(border);
  if (border.step() != SQLITE_ROW) return false;
  page.oldest = MessageId{border.uint(0)};
  page.newest = MessageId{border.uint(1)};
  // Who puts older messages back gives them another epoch; another data directory has another installation.
  page.log = mix64(border.uint(2) ^ mix64(border.uint(3))) & kIdMax;
  if (page.log == 0) page.log = 1;
  return true;
}

bool StoredMessageLog::Open::read_messages(MessageId id, std::uint32_t limit, MessageLogPage& page) {
  const Rewind rewind(after);
  after.bind(1, id.value);
  after.bind(2, std::uint64_t{limit});
  std::size_t bytes = 0;
  for (;;) {
    const int code = after.step();
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return false;
    MessagePtr message = message_of(after, 0);
    if (!message) return false;
    bytes += message->body.size();
    page.messages.push_back(std::move(message));
    if (bytes >= kPageBytes) break;
  }
  page.more = !page.messages.empty() && page.messages.back()->id < page.newest;
  return true;
}

StoredMessageLog::StoredMessageLog(std::unique_ptr<Open> open) : open_(std::move(open)) {}
StoredMessageLog::~StoredMessageLog() = default;

Result<std::unique_ptr<StoredMessageLog>, std::string> StoredMessageLog::open(const std::string& path,
                                                                              std::uint32_t busy_timeout_ms) {
  auto open = std::make_unique<Open>();
  const OpenOptions options{.path = path, .vfs = {}, .busy_timeout_ms = busy_timeout_ms};
  if (auto opened = open_for_reading(open->connection, options); !opened) return fail(opened.error());
  const std::pair<Statement*, const char*> all[] = {
      {&open->begin, "BEGIN"},
      {&open->end, "COMMIT"},
      {&open->border,
       "SELECT (SELECT min(id) FROM message), (SELECT max(id) FROM message), "
       "(SELECT value FROM meta WHERE key = 'epoch'), "
       "(SELECT value FROM meta WHERE key = 'installation')"},
      {&open->after,
       "SELECT " PLAZA_MESSAGE_COLUMNS " FROM message m WHERE m.id > ?1 ORDER BY m.id LIMIT ?2"},
  };
  for (const auto& [statement, sql] : all) {
    if (statement->prepare(open->connection, sql) != SQLITE_OK)
      return fail(path + ": " + open->connection.failure().text);
  }
  if (open->lookup.prepare(open->connection) != SQLITE_OK)
    return fail(path + ": " + open->connection.failure().text);
  return std::unique_ptr<StoredMessageLog>(new StoredMessageLog(std::move(open)));
}

Result<MessageLogPage, MessageLogError> StoredMessageLog::after(MessageId id, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  const Snapshot snapshot(open_->begin, open_->end);
  MessageLogPage page;
  if (!snapshot || !open_->read_border(page) || !open_->read_messages(id, limit, page))
    return open_->failed();
  return page;
}

Result<std::vector<MessagePtr>, MessageLogError> StoredMessageLog::find(const std::vector<MessageId>& ids) {
  const std::lock_guard lock(mutex_);
  const Snapshot snapshot(open_->begin, open_->end);
  if (!snapshot) return open_->failed();
  std::vector<MessagePtr> found(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (open_->lookup.message(ids[i].value, found[i]) == MessageLookup::Found::failed) return open_->failed();
  }
  return found;
}

}  // namespace plaza::sqlite
