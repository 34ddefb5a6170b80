#include <algorithm>

#include "sql/soci_app_events.h"
#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::AppEvent;
using ports::DeadLetter;
using ports::DeadLetterId;
using ports::DirectoryResult;
using ports::Webhook;
using ports::WebhookId;

namespace {

std::uint64_t number(long long value) { return static_cast<std::uint64_t>(value); }

template <class... In>
std::vector<Webhook> read_webhooks(Connection& db, const char* sql, const In&... in) {
  std::vector<Webhook> found;
  for (const auto& [id, app, url, secret, created_ms, position] :
       db.rows<long long, long long, std::string, std::string, long long, long long>(sql, in...)) {
    found.push_back({.id = WebhookId{number(id)},
                     .app = AppId{number(app)},
                     .url = url,
                     .sealed_secret = secret,
                     .created_ms = created_ms,
                     .position = number(position)});
  }
  return found;
}

constexpr const char* kOneWebhook =
    "SELECT id, app, url, sealed_secret, created_ms, position FROM webhook WHERE id = :id AND app = :app";

template <class... In>
std::vector<DeadLetter> read_letters(Connection& db, const char* sql, const In&... in) {
  std::vector<DeadLetter> found;
  for (auto& [id, app, webhook, seq, time_ms, kind, zone, body, why, failed_ms, again] :
       db.rows<long long, long long, long long, long long, long long, long long, std::string, std::string,
               std::string, long long, long long>(sql, in...)) {
    found.push_back({.id = DeadLetterId{number(id)},
                     .app = AppId{number(app)},
                     .webhook = WebhookId{number(webhook)},
                     .event = {.seq = number(seq),
                               .time_ms = time_ms,
                               .kind = static_cast<ports::AppEventKind>(kind),
                               .zone = zone,
                               .body = std::move(body)},
                     .why = why,
                     .failed_ms = failed_ms,
                     .again = again != 0});
  }
  return found;
}

void add_letter(Connection& db, std::uint8_t region, const Webhook& webhook, const AppEvent& event,
                const std::string& why, std::int64_t now_ms) {
  db.run(
      "INSERT INTO dead_letter (id, app, webhook, seq, time_ms, kind, zone, body, why, failed_ms, again)"
      " VALUES (:id, :app, :webhook, :seq, :time, :kind, :zone, :body, :why, :failed, 0)",
      next_id(db, region, "dead_letter"), webhook.app.value, webhook.id.value, event.seq, event.time_ms,
      static_cast<int>(event.kind), event.zone, event.body, why, now_ms);
}

/// The oldest letters that are more than the app may have.
std::uint32_t drop_oldest(Connection& db, AppId app, std::uint32_t letters_max) {
  const auto count = db.value<long long>("SELECT COUNT(*) FROM dead_letter WHERE app = :app", app.value);
  if (count <= letters_max) return 0;
  const auto dropped = count - letters_max;
  for (const auto& [id] : db.rows<long long>(
           "SELECT id FROM dead_letter WHERE app = :app ORDER BY id LIMIT :count", app.value, dropped))
    db.run("DELETE FROM dead_letter WHERE id = :id", id);
  return static_cast<std::uint32_t>(dropped);
}

}  // namespace

DirectoryResult<Webhook> SociWebhooks::add_webhook(const Webhook& wanted, std::uint32_t webhooks_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<Webhook> {
    const auto count = db.value<long long>("SELECT COUNT(*) FROM webhook WHERE app = :app", wanted.app.value);
    if (count >= webhooks_max) return at_limit("webhooks of an app", webhooks_max);
    Webhook made = wanted;
    made.id = WebhookId{next_id(db, region_, "webhook")};
    made.position = read_event_log(db, wanted.app).head;
    db.run(
        "INSERT INTO webhook (id, app, url, sealed_secret, created_ms, position)"
        " VALUES (:id, :app, :url, :secret, :created, :position)",
        made.id.value, made.app.value, made.url, made.sealed_secret, made.created_ms, made.position);
    return made;
  });
}

DirectoryResult<std::vector<Webhook>> SociWebhooks::webhooks(AppId app, WebhookId after,
                                                             std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Webhook>> {
    constexpr const char* kAll =
        "SELECT id, app, url, sealed_secret, created_ms, position FROM webhook WHERE id > :after"
        " ORDER BY id LIMIT :count";
    constexpr const char* kOfApp =
        "SELECT id, app, url, sealed_secret, created_ms, position FROM webhook WHERE app = :app"
        " AND id > :after ORDER BY id LIMIT :count";
    return app ? read_webhooks(db, kOfApp, app.value, after.value, limit)
               : read_webhooks(db, kAll, after.value, limit);
  });
}

DirectoryResult<Webhook> SociWebhooks::set_secret(AppId app, WebhookId id, const std::string& sealed) {
  return database_.write([&](Connection& db) -> DirectoryResult<Webhook> {
    db.run("UPDATE webhook SET sealed_secret = :secret WHERE id = :id AND app = :app", sealed, id.value,
           app.value);
    auto found = read_webhooks(db, kOneWebhook, id.value, app.value);
    if (found.empty()) return not_found("webhook");
    return std::move(found.front());
  });
}

DirectoryResult<void> SociWebhooks::remove_webhook(AppId app, WebhookId id) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    db.run("DELETE FROM dead_letter WHERE webhook = :id AND app = :app", id.value, app.value);
    if (db.run("DELETE FROM webhook WHERE id = :id AND app = :app", id.value, app.value) == 0)
      return not_found("webhook");
    return {};
  });
}

DirectoryResult<void> SociWebhooks::delivered(WebhookId id, std::uint64_t upto) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    db.run("UPDATE webhook SET position = :upto WHERE id = :id AND position < :upto2", upto, id.value, upto);
    return {};
  });
}

DirectoryResult<std::uint32_t> SociWebhooks::give_up(const Webhook& webhook,
                                                     const std::vector<AppEvent>& events,
                                                     const std::string& why, std::int64_t now_ms,
                                                     std::uint32_t letters_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto found = read_webhooks(db, kOneWebhook, webhook.id.value, webhook.app.value);
    if (found.empty()) return not_found("webhook");
    const std::uint64_t position = found.front().position;
    for (const auto& event : events) {
      if (event.seq > position) add_letter(db, region_, webhook, event, why, now_ms);
    }
    if (!events.empty()) {
      db.run("UPDATE webhook SET position = :upto WHERE id = :id", std::max(position, events.back().seq),
             webhook.id.value);
    }
    return drop_oldest(db, webhook.app, letters_max);
  });
}

// Letters ------------------------------------------------------------------------------------------------------------

DirectoryResult<std::vector<DeadLetter>> SociWebhooks::dead_letters(AppId app, DeadLetterId after,
                                                                    std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<DeadLetter>> {
    return read_letters(db,
                        "SELECT id, app, webhook, seq, time_ms, kind, zone, body, why, failed_ms, again"
                        " FROM dead_letter WHERE app = :app AND id > :after ORDER BY id LIMIT :count",
                        app.value, after.value, limit);
  });
}

DirectoryResult<std::uint32_t> SociWebhooks::redeliver(AppId app, DeadLetterId id) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto count = id ? db.run("UPDATE dead_letter SET again = 1 WHERE app = :app AND id = :id",
                                   app.value, id.value)
                          : db.run("UPDATE dead_letter SET again = 1 WHERE app = :app", app.value);
    if (id && count == 0) return not_found("letter");
    return static_cast<std::uint32_t>(count);
  });
}

DirectoryResult<std::uint32_t> SociWebhooks::drop_letters(AppId app, DeadLetterId id) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto count = id ? db.run("DELETE FROM dead_letter WHERE app = :app AND id = :id", app.value,
                                   id.value)
                          : db.run("DELETE FROM dead_letter WHERE app = :app", app.value);
    if (id && count == 0) return not_found("letter");
    return static_cast<std::uint32_t>(count);
  });
}

DirectoryResult<std::vector<DeadLetter>> SociWebhooks::letters_again(WebhookId id, std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<DeadLetter>> {
    return read_letters(db,
                        "SELECT id, app, webhook, seq, time_ms, kind, zone, body, why, failed_ms, again"
                        " FROM dead_letter WHERE webhook = :webhook AND again = 1 ORDER BY id LIMIT :count",
                        id.value, limit);
  });
}

DirectoryResult<void> SociWebhooks::settle_letters(const std::vector<DeadLetterId>& ids,
                                                   const std::string& why, std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    for (const DeadLetterId id : ids) {
      if (why.empty()) {
        db.run("DELETE FROM dead_letter WHERE id = :id", id.value);
      } else {
        db.run("UPDATE dead_letter SET why = :why, failed_ms = :now, again = 0 WHERE id = :id", why, now_ms,
               id.value);
      }
    }
    return {};
  });
}

}  // namespace plaza::sql
