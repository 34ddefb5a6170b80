#include "tenancy/app_meters.h"

#include <utility>

namespace plaza::tenancy {

AppMeters::App& AppMeters::app_locked(AppId id) {
  App& app = apps_[id];
  if (!app.meter) {
    app.meter = std::make_shared<AppMeter>(id);
    app.meter->set(settings_);
  }
  return app;
}

void AppMeters::set_settings(const ports::Quotas& settings) {
  const std::lock_guard lock(mutex_);
  settings_ = settings;
  for (auto& [id, app] : apps_) app.meter->set(app.own.over(settings_));
}

void AppMeters::set_own(AppId id, const ports::OwnQuotas& own) {
  const std::lock_guard lock(mutex_);
  App& app = app_locked(id);
  app.own = own;
  app.meter->set(own.over(settings_));
}

SharedMeter AppMeters::of(AppId app) {
  const std::lock_guard lock(mutex_);
  return app_locked(app).meter;
}

SharedMeter AppMeters::of(ZoneId zone, AppId app) {
  const std::lock_guard lock(mutex_);
  zones_[zone] = app;
  return app_locked(app).meter;
}

SharedMeter AppMeters::of(ZoneId zone) {
  const std::lock_guard lock(mutex_);
  const auto at = zones_.find(zone);
  return at == zones_.end() ? nullptr : app_locked(at->second).meter;
}

void AppMeters::stored(const std::vector<ports::ZoneBytes>& zones) {
  for (const auto& [zone, bytes] : zones) {
    StoredZone& known = stored_[zone];
    if (!known.meter) known.meter = of(zone);
    // Of a zone that is not known yet all is counted as soon as it is and has a message.
    if (known.meter) known.meter->stored(std::exchange(known.bytes, bytes), bytes);
  }
}

void AppMeters::files(const std::vector<ports::ZoneBytes>& zones) {
  for (const auto& [zone, bytes] : zones) {
    if (const SharedMeter app = of(zone)) app->stored(0, bytes);
  }
}

}  // namespace plaza::tenancy
