#pragma once
#include "ports/webhooks.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::AppEvents in the directory's database.
///
/// Owner    SociDirectory, whose connections it uses.
class SociAppEvents final : public ports::AppEvents {
 public:
  explicit SociAppEvents(Database& database) : database_(database) {}

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

 private:
  Database& database_;
};

/// ports::Webhooks, the same way.
class SociWebhooks final : public ports::Webhooks {
 public:
  SociWebhooks(Database& database, std::uint8_t region) : region_(region), database_(database) {}

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
  // Constant after construction.
  const std::uint8_t region_;
  // Any thread.
  Database& database_;
};

/// The state of an app's log, within the caller's transaction; zero when it has none.
ports::EventLogState read_event_log(Connection& db, AppId app);

}  // namespace plaza::sql
