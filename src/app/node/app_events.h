#pragma once
#include <functional>
#include <memory>
#include <string>

#include "app/config/config.h"
#include "backend/event_desk.h"
#include "events/event_feed.h"
#include "events/webhook_sender.h"
#include "net/http_client.h"

namespace plaza::app {

/// What this node tells the apps' own servers: the feed, the webhooks' sender and its HTTP client, and the operations' way to them.
///
/// Owner    The node. What the feed and the sender are built on outlives it.
/// Stop     stop() before the store is stopped; hints may still come afterwards and go nowhere.
class NodeAppEvents final : public backend::EventDesk {
 public:
  struct Parts {
    events::FeedParts feed;
    ports::Webhooks& webhooks;
    const SecretBox& box;
  };
  /// The error is for a person.
  static Result<std::unique_ptr<NodeAppEvents>, std::string> make(const Parts& parts, const Config& config);
  ~NodeAppEvents() override { stop(); }

  /// When the store runs, before the first client.
  Result<void, std::string> start();
  void stop();
  /// Called on the feed's thread with each app that has further events. Before start().
  void tell_also(std::function<void(AppId)> happened) { also_ = std::move(happened); }
  [[nodiscard]] ports::AppEventHints& hints() { return feed_; }

  ports::DirectoryResult<ports::EventLogState> subscribe(AppId app, ports::AppEventKinds kinds) override {
    return feed_.subscribe(app, kinds);
  }
  ports::DirectoryResult<ports::EventSource> watch(const ports::Zone& zone, RoomId room,
                                                   std::optional<std::uint64_t> since) override {
    return feed_.watch(zone, room, since);
  }
  ports::DirectoryResult<bool> unwatch(const ports::Zone& zone, RoomId room) override {
    return feed_.unwatch(zone, room);
  }
  void zones_changed() override { feed_.zones_changed(); }
  void webhooks_changed() override { sender_.changed(); }

 private:
  NodeAppEvents(const Parts& parts, const Config& config, std::unique_ptr<net::HttpClient> client);

  std::unique_ptr<net::HttpClient> client_;
  events::WebhookSender sender_;
  std::function<void(AppId)> also_ = [](AppId) {};
  events::EventFeed feed_;
};

}  // namespace plaza::app
