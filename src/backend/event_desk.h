#pragma once
#include <cstdint>
#include <optional>

#include "base/secret_box.h"
#include "ports/directory.h"
#include "ports/webhooks.h"

namespace plaza::backend {

/// What operations about events ask of the running node. Implemented on the feed and the webhooks' sender (app/node).
///
/// Thread    Blocks. Any thread but a shard's.
class EventDesk {
 public:
  virtual ~EventDesk() = default;

  virtual ports::DirectoryResult<ports::EventLogState> subscribe(AppId app, ports::AppEventKinds kinds) = 0;
  /// From now on, or from behind the position `since` of the room. One that is watched goes on where it is.
  virtual ports::DirectoryResult<ports::EventSource> watch(const ports::Zone& zone, RoomId room,
                                                           std::optional<std::uint64_t> since) = 0;
  /// Whether it was watched.
  virtual ports::DirectoryResult<bool> unwatch(const ports::Zone& zone, RoomId room) = 0;
  /// A zone is new or has another name.
  virtual void zones_changed() = 0;
  /// Webhooks, or dead letters that are to be tried again, are others than before.
  virtual void webhooks_changed() = 0;
};

/// What operations about events work on. Everything outlives the Api.
struct EventServices {
  ports::AppEvents& log;
  ports::Webhooks& webhooks;
  EventDesk& desk;
  const SecretBox& box;
  std::uint32_t webhooks_per_app_max = 5;
  bool private_networks = false;  ///< webhooks may lead to this machine and to private networks
};

}  // namespace plaza::backend
