#pragma once
#include <map>
#include <mutex>
#include <tuple>

#include "ports/webhooks.h"

namespace plaza::memory {

/// The twin of ports::AppEvents and ports::Webhooks in plain maps. It forgets everything when it goes.
///
/// Thread   Any thread; one lock around every method.
class MemoryAppEvents final : public ports::AppEvents, public ports::Webhooks {
 public:
  /// A fault: while true every method gives `unavailable` and changes nothing.
  void set_unavailable(bool unavailable);

  ports::DirectoryResult<ports::EventLogState> log(AppId app) override;
  ports::DirectoryResult<ports::EventLogState> subscribe(AppId app, ports::AppEventKinds kinds) override;
  ports::DirectoryResult<std::vector<ports::EventLogState>> logs() override;
  ports::DirectoryResult<ports::EventSource> watch(const ports::EventSource& wanted,
                                                   std::uint32_t rooms_max) override;
  ports::DirectoryResult<bool> unwatch(AppId app, ZoneId zone, RoomId room) override;
  ports::DirectoryResult<std::vector<ports::EventSource>> sources(const ports::EventSource& after,
                                                                  std::uint32_t limit) override;
  ports::DirectoryResult<std::vector<ports::EventSource>> watched(AppId app, ZoneId zone, RoomId after,
                                                                  std::uint32_t limit) override;
  ports::DirectoryResult<void> append(const std::vector<ports::EventBatch>& batches) override;
  ports::DirectoryResult<ports::EventPage> read(AppId app, std::uint64_t after, std::uint32_t limit,
                                                std::size_t bytes_max) override;
  ports::DirectoryResult<std::uint32_t> trim(AppId app, std::int64_t before_ms, std::uint64_t kept_max,
                                             std::uint32_t limit) override;

  ports::DirectoryResult<ports::Webhook> add_webhook(const ports::Webhook& wanted,
                                                     std::uint32_t webhooks_max) override;
  ports::DirectoryResult<std::vector<ports::Webhook>> webhooks(AppId app, ports::WebhookId after,
                                                               std::uint32_t limit) override;
  ports::DirectoryResult<ports::Webhook> set_secret(AppId app, ports::WebhookId id,
                                                    const std::string& sealed) override;
  ports::DirectoryResult<void> remove_webhook(AppId app, ports::WebhookId id) override;
  ports::DirectoryResult<void> delivered(ports::WebhookId id, std::uint64_t upto) override;
  ports::DirectoryResult<std::uint32_t> give_up(const ports::Webhook& webhook,
                                                const std::vector<ports::AppEvent>& events,
                                                const std::string& why, std::int64_t now_ms,
                                                std::uint32_t letters_max) override;
  ports::DirectoryResult<std::vector<ports::DeadLetter>> dead_letters(AppId app, ports::DeadLetterId after,
                                                                      std::uint32_t limit) override;
  ports::DirectoryResult<std::uint32_t> redeliver(AppId app, ports::DeadLetterId id) override;
  ports::DirectoryResult<std::uint32_t> drop_letters(AppId app, ports::DeadLetterId id) override;
  ports::DirectoryResult<std::vector<ports::DeadLetter>> letters_again(ports::WebhookId id,
                                                                       std::uint32_t limit) override;
  ports::DirectoryResult<void> settle_letters(const std::vector<ports::DeadLetterId>& ids,
                                              const std::string& why, std::int64_t now_ms) override;

 private:
  using SourceKey = std::tuple<AppId, ZoneId, RoomId>;
  struct Log {
    ports::EventLogState state;
    std::vector<ports::AppEvent> events;
  };
  /// Locks, and runs `work` unless it is switched off.
  template <class Work>
  auto guarded(Work work) -> decltype(work()) {
    const std::lock_guard lock(mutex_);
    if (unavailable_) return fail(ports::DirectoryError{ports::DirectoryCode::unavailable, "switched off"});
    return work();
  }
  ports::Webhook* find_locked(AppId app, ports::WebhookId id);

  // Guarded by mutex_.
  std::mutex mutex_;
  bool unavailable_ = false;
  std::map<AppId, Log> logs_;
  std::map<SourceKey, ports::EventSource> sources_;
  std::map<ports::WebhookId, ports::Webhook> webhooks_;
  std::map<ports::DeadLetterId, ports::DeadLetter> letters_;
  std::uint64_t last_webhook_ = 0, last_letter_ = 0;
};

}  // namespace plaza::memory
