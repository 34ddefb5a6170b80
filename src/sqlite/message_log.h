#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "ports/message_log.h"

namespace plaza::sqlite {

/// The messages of an EmbeddedStreamStore, read beside it on a connection of its own: the store's threads have nothing to do with it.
///
/// Thread   Any that may block; one call at a time, the others wait.
/// Owner    app/. Opened after the store has been started, so that the database is there.
/// Limit    kPageBytes of bodies in a page, and one message at least.
class StoredMessageLog final : public ports::MessageLog {
 public:
  static constexpr std::size_t kPageBytes = 4U << 20U;

  static Result<std::unique_ptr<StoredMessageLog>, std::string> open(const std::string& path,
                                                                     std::uint32_t busy_timeout_ms);
  ~StoredMessageLog() override;
  StoredMessageLog(const StoredMessageLog&) = delete;
  StoredMessageLog& operator=(const StoredMessageLog&) = delete;

  Result<ports::MessageLogPage, ports::MessageLogError> after(MessageId id, std::uint32_t limit) override;
  Result<std::vector<ports::MessagePtr>, ports::MessageLogError> find(
      const std::vector<MessageId>& ids) override;

 private:
  struct Open;
  explicit StoredMessageLog(std::unique_ptr<Open> open);

  std::mutex mutex_;
  std::unique_ptr<Open> open_;  ///< guarded by mutex_
};

}  // namespace plaza::sqlite
