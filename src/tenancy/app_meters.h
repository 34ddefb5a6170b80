#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "ports/directory.h"
#include "ports/stream_store.h"
#include "tenancy/app_meter.h"

namespace plaza::tenancy {

using SharedMeter = std::shared_ptr<AppMeter>;

/// The meters of all apps of a node, and which zone is whose.
///
/// Thread   Any; a mutex, which no message takes: members hold their meter. stored() is the store's thread's, and takes it only
///          for zones that it has not met.
/// Limit    One meter for each app and a few words for each zone that is known.
class AppMeters {
 public:
  /// Of apps that have none of their own, from now on.
  void set_settings(const ports::Quotas& settings);
  void set_own(AppId app, const ports::OwnQuotas& own);

  [[nodiscard]] SharedMeter of(AppId app);
  /// And from now on what the store says of the zone counts for its app.
  [[nodiscard]] SharedMeter of(const ports::Zone& zone) { return of(zone.id, zone.app); }
  [[nodiscard]] SharedMeter of(ZoneId zone, AppId app);
  /// Null: nobody has entered it, and it was not there at the start.
  [[nodiscard]] SharedMeter of(ZoneId zone);

  /// As AppendSink::stored().
  void stored(const std::vector<ports::ZoneBytes>& zones);
  /// What the files of these zones take when the node starts; from then on AppMeter::take_bytes() and give_bytes() say it.
  void files(const std::vector<ports::ZoneBytes>& zones);

 private:
  struct App {
    SharedMeter meter;  ///< shared with the app's members
    ports::OwnQuotas own;
  };
  App& app_locked(AppId app);

  struct StoredZone {
    SharedMeter meter;
    std::uint64_t bytes = 0;
  };
  // The store's thread.
  std::unordered_map<ZoneId, StoredZone> stored_;

  std::mutex mutex_;
  // Guarded by mutex_.
  ports::Quotas settings_;
  std::unordered_map<AppId, App> apps_;
  std::unordered_map<ZoneId, AppId> zones_;
};

}  // namespace plaza::tenancy
