// Announcements: one word of the app to many members.
#include "backend/content.h"

namespace plaza::backend {

namespace json = boost::json;

using ports::Announcement;
using ports::AnnouncementTarget;

namespace {

constexpr std::array<std::string_view, 4> kTargets{"app", "zone", "room", "members"};
constexpr std::array<std::string_view, 4> kStates{"scheduled", "current", "over", "withdrawn"};
constexpr std::int64_t kKeepMs = 7LL * 24 * 3600 * 1000;
constexpr std::size_t kOnceShown = 16;
constexpr std::uint32_t kPage = 200;

/// `by` without the name of the call.
std::string maker(const Announcement& one) { return one.by.substr(0, one.by.find('#')); }

json::object shown(const Announcement& one) {
  json::object out{{"announcement", one.id.value},
                   {"state", word_of(kStates, one.state)},
                   {"to", word_of(kTargets, one.target)},
                   {"name", one.name},
                   {"created_ms", one.created_ms},
                   {"not_before_ms", one.not_before_ms},
                   {"until_ms", one.until_ms},
                   {"by", maker(one)}};
  if (one.zone) out["zone_id"] = one.zone.value;
  if (one.room) out["room"] = one.room.value;
  add_content(out, one.kind, one.body);
  return out;
}

/// Whom it is for: the narrowest of what is named.
ApiResult<void> put_target(const Call& call, Announcement& wanted) {
  wanted.target = AnnouncementTarget::app;
  const bool named = call.args.has("members");
  if (!call.args.has("zone")) {
    if (named || call.args.has("room"))
      return refuse(ErrorCode::bad_request, "rooms and members are in a zone", "zone", "their zone");
    return {};
  }
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  wanted.zone = zone->id;
  wanted.target = AnnouncementTarget::zone;
  if (call.args.has("room")) {
    const auto room = call.services.directory.room(zone->id, RoomId{call.args.number("room")});
    if (!room) return fail(of_directory(room.error(), "room"));
    if (named)
      return refuse(ErrorCode::bad_request, "either a room or members", "members", "nothing with room");
    wanted.room = room->id;
    wanted.target = AnnouncementTarget::room;
  }
  if (named) {
    auto members = std::make_shared<std::vector<MemberId>>();
    for (const std::uint64_t id : call.args.ids("members")) members->emplace_back(id);
    wanted.members = std::move(members);
    wanted.target = AnnouncementTarget::members;
  }
  return {};
}

/// Who made it, and by which call: when that is repeated, and its answer was lost, it is found again.
std::string made_by(const Call& call) {
  return call.once.empty() ? call.caller.actor : call.caller.actor + "#" + call.once.substr(0, kOnceShown);
}

ports::DirectoryResult<std::optional<Announcement>> made_before(const Call& call, const std::string& by) {
  if (call.once.empty()) return std::nullopt;
  AnnouncementId after;
  for (;;) {
    auto page = call.services.announcements.list(call.app.id, after, kPage);
    if (!page) return fail(page.error());
    for (auto& one : *page) {
      if (one.by == by) return std::move(one);
      after = one.id;
    }
    if (page->size() < kPage) return std::nullopt;
  }
}

}  // namespace

Answer create_announcement(Call& call) {
  Announcement wanted;
  wanted.app = call.app.id;
  if (auto good = put_target(call, wanted); !good) return fail(good.error());
  auto content = content_of(call, call.services.limits.message_bytes_max);
  if (!content) return fail(content.error());
  wanted.kind = content->kind;
  wanted.body = std::move(content->body);
  wanted.name = call.args.has("name") ? call.args.text("name") : call.app.name;
  wanted.not_before_ms = static_cast<std::int64_t>(call.args.number("not_before_ms"));
  const std::int64_t keep_ms = static_cast<std::int64_t>(call.args.number("keep_ms", kKeepMs));
  wanted.until_ms = std::max(call.services.clock.wall_ms(), wanted.not_before_ms) + keep_ms;
  wanted.by = made_by(call);
  const auto before = made_before(call, wanted.by);
  if (!before) return fail(of_directory(before.error()));
  if (*before) return shown(**before);
  const auto made = call.services.live_moderation.announce(std::move(wanted));
  if (!made) {
    ApiError error = of_moderation(made.error(), made.error().detail == "member" ? "members" : "");
    if (error.field == "until_ms") error.field = "keep_ms";
    return fail(std::move(error));
  }
  return shown(*made);
}

Answer list_announcements(Call& call) {
  const auto limit = page_limit(call);
  const auto found = call.services.announcements.list(call.app.id, AnnouncementId{call.args.number("after")},
                                                      limit);
  if (!found) return fail(of_directory(found.error()));
  json::array list;
  for (const auto& one : *found) list.emplace_back(shown(one));
  json::object answer{{"announcements", std::move(list)}};
  add_next(answer, found->size(), limit, found->empty() ? AnnouncementId{} : found->back().id);
  return answer;
}

Answer show_announcement(Call& call) {
  const std::uint64_t id = call.args.number("announcement");
  const auto found = call.services.announcements.list(call.app.id, AnnouncementId{id - 1}, 1);
  if (!found) return fail(of_directory(found.error()));
  if (found->empty() || found->front().id.value != id)
    return refuse(ErrorCode::not_found, "announcement", "announcement");
  return shown(found->front());
}

Answer withdraw_announcement(Call& call) {
  const AnnouncementId id{call.args.number("announcement")};
  const auto withdrawn = call.services.live_moderation.withdraw(call.app.id, id);
  if (!withdrawn) return fail(of_moderation(withdrawn.error(), "announcement"));
  return shown(*withdrawn);
}

}  // namespace plaza::backend
