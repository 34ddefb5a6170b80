#include "tests/sim/sim_node.h"

#include <iterator>
#include <utility>

#include "base/check.h"

namespace plaza::sim {

SimNode::SimNode(const NodeOptions& options, SimStore& store, ports::Directory& directory,
                 const ports::Clock& clock, std::shared_ptr<const ports::Zone> zone, Rng& rng,
                 NodeStats& stats)
    : options_(options),
      store_(store),
      directory_(directory),
      clock_(clock),
      rng_(rng),
      stats_(stats),
      zone_(std::move(zone)),
      executor_(options.shards, clock, rng, options.busy_percent),
      moderation_(directory),
      node_{.executor = executor_,
            .store = store.port(),
            .directory = directory,
            .channels = channels_,
            .moderation = moderation_,
            .presence = presence_,
            .clock = clock,
            .room_rates = room_rates_,
            .id = ports::NodeId{1},
            .channel_epochs = static_cast<std::uint32_t>(rng.below(1U << 31)),
            .hubs = {}},
      router_(node_) {
  for (std::uint32_t shard = 0; shard < options.shards; ++shard) {
    hubs_.push_back(std::make_unique<chat::Hub>(node_, shard, options.limits));
    node_.hubs.push_back(hubs_.back().get());
    parsers_.emplace_back();
  }
  const bool started = store.port().start(router_).has_value();
  PLAZA_CHECK(started);
  node_.room_events->recover();  // as a process does when it starts
}

SimNode::~SimNode() { executor_.clear(); }

void SimNode::accept(LinkPtr link) {
  const chat::SessionId id = ++last_session_;
  const auto shard = static_cast<std::uint32_t>(rng_.below(options_.shards));
  sessions_.emplace(id, std::make_unique<SimSession>(*this, id, std::move(link), shard));
}

SimSession* SimNode::find(chat::SessionId id) {
  const auto at = sessions_.find(id);
  return at == sessions_.end() ? nullptr : at->second.get();
}

bool SimNode::step_session() {
  if (sessions_.empty()) return false;
  auto at = sessions_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(rng_.below(sessions_.size())));
  return at->second->step();
}

bool SimNode::step_delivery() {
  const auto shard = static_cast<std::uint32_t>(rng_.below(options_.shards));
  bool more = false;
  executor_.as(shard, [&] { more = hubs_[shard]->run(rng_.between(1, 6)); });
  return more;
}

void SimNode::step_end_of_turn() {
  const auto shard = static_cast<std::uint32_t>(rng_.below(options_.shards));
  executor_.as(shard, [&] { hubs_[shard]->end_of_turn(); });
}

std::string SimNode::describe() const {
  std::string text = idle() ? "the node is idle" : "the node is at work";
  for (const auto& [id, session] : sessions_) text += "\n    " + session->describe();
  return text;
}

bool SimNode::idle() const {
  if (!executor_.idle() || !store_.idle()) return false;
  for (const auto& hub : hubs_) {
    if (!hub->state().outbox.empty()) return false;
  }
  return true;
}

}  // namespace plaza::sim
