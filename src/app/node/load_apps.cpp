#include "app/node/load_apps.h"

namespace plaza::app {
namespace {

constexpr std::uint32_t kPage = 500;

ports::DirectoryResult<void> load_zones(ports::Apps& apps, AppId app, tenancy::AppMeters& meters) {
  ZoneId after;
  for (;;) {
    const auto page = apps.zones(app, after, kPage);
    if (!page) return fail(page.error());
    for (const auto& record : *page) static_cast<void>(meters.of(record.zone));
    if (page->size() < kPage) return {};
    after = page->back().zone.id;
  }
}

}  // namespace

ports::DirectoryResult<void> load_apps(ports::Apps& apps, tenancy::AppMeters& meters) {
  AppId after;
  for (;;) {
    const auto page = apps.apps(after, kPage);
    if (!page) return fail(page.error());
    for (const auto& app : *page) {
      const auto own = apps.quotas(app.id);
      if (!own) return fail(own.error());
      meters.set_own(app.id, *own);
      if (auto zones = load_zones(apps, app.id, meters); !zones) return zones;
    }
    if (page->size() < kPage) return {};
    after = page->back().id;
  }
}

}  // namespace plaza::app
