#include "app/node/app_events.h"

#include "app/node/options.h"

namespace plaza::app {

Result<std::unique_ptr<NodeAppEvents>, std::string> NodeAppEvents::make(const Parts& parts,
                                                                        const Config& config) {
  auto client = net::HttpClient::make(
      {.ca_file = config.webhook.ca_file, .private_networks = config.webhook.private_networks});
  if (!client) return fail("webhook.ca_file: " + client.error());
  return std::unique_ptr<NodeAppEvents>(new NodeAppEvents(parts, config, std::move(*client)));
}

NodeAppEvents::NodeAppEvents(const Parts& parts, const Config& config,
                             std::unique_ptr<net::HttpClient> client)
    : client_(std::move(client)),
      sender_({.events = parts.feed.events,
               .webhooks = parts.webhooks,
               .apps = parts.feed.apps,
               .poster = *client_,
               .box = parts.box,
               .clock = parts.feed.clock},
              sender_options(config)),
      feed_(parts.feed, feed_options(config), [this](AppId app) {
        sender_.happened(app);
        also_(app);
      }) {}

Result<void, std::string> NodeAppEvents::start() {
  if (auto loaded = feed_.load(); !loaded) return fail("events: " + loaded.error().detail);
  feed_.start();
  sender_.start();
  return {};
}

void NodeAppEvents::stop() {
  feed_.stop();
  sender_.stop();
  client_->stop();
}

}  // namespace plaza::app
