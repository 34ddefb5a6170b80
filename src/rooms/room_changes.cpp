#include "rooms/room_changes.h"

#include <algorithm>
#include <utility>

namespace plaza::rooms {

using ports::DirectoryCode;
using ports::RoomEventEffect;
using ports::RoomList;
using ports::RoomRole;

namespace {

ports::DirectoryError refusal(DirectoryCode code, std::string detail) {
  return {.code = code, .detail = std::move(detail)};
}
ports::DirectoryError at_limit(const char* name, std::uint32_t limit) {
  return refusal(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}

}  // namespace

// What every change asks ------------------------------------------------------------------------------------------------

RoomChanges::Verdict RoomChanges::begin(ZoneId zone, const ports::RoomActor& actor, RoomId room) {
  zone_ = zone;
  auto row = rows_.room(zone, room);
  if (!row) return refusal(DirectoryCode::not_found, "room");
  row_ = std::move(*row);
  events_ = rows_.events(room);
  if (events_.size() >= limits_.events_waiting_max)
    return refusal(DirectoryCode::unavailable, "earlier changes of the room wait to be stored");
  if (const auto* server = std::get_if<ports::ServerActor>(&actor)) {
    actor_ = {.id = {}, .name = server->name, .acting = Acting::server, .membership = {}};
    return std::nullopt;
  }
  const MemberId id = std::get<MemberId>(actor);
  auto name = rows_.nickname(zone, id);
  if (!name) return refusal(DirectoryCode::not_found, "member");
  const auto membership = rows_.membership(room, id);
  actor_ = {.id = id,
            .name = std::move(*name),
            .acting = membership ? acting_of(membership->role) : Acting::stranger,
            .membership = membership.value_or(Membership{})};
  return std::nullopt;
}

RoomChanges::Verdict RoomChanges::find(MemberId member, Other& other) {
  auto name = rows_.nickname(zone_, member);
  if (!name) return refusal(DirectoryCode::no_target, "no such member");
  other = {.id = member, .name = std::move(*name), .membership = rows_.membership(row_.room.id, member)};
  return std::nullopt;
}

RoomChanges::Verdict RoomChanges::allowed(Action action, Target target) const {
  switch (right(actor_.acting, action, target)) {
    case Right::yes: return std::nullopt;
    case Right::not_in_room: return refusal(DirectoryCode::not_member, "not in the room");
    case Right::not_permitted:
      return refusal(DirectoryCode::forbidden, "the role in the room does not allow it");
    case Right::wrong_target: break;
  }
  switch (target) {
    case Target::oneself: return refusal(DirectoryCode::no_target, "that is oneself");
    case Target::stranger: return refusal(DirectoryCode::no_target, "that member is not in the room");
    default: return refusal(DirectoryCode::no_target, "that member's role is another one");
  }
}

RoomChanges::Verdict RoomChanges::about(Action action, MemberId member, Other& other) {
  // The right to do it to anybody first: who has none is told nothing of others.
  if (actor_.acting == Acting::stranger) return allowed(action);
  if (auto why = find(member, other)) return why;
  if (member == actor_.id) return allowed(action, Target::oneself);
  return allowed(action, other.membership ? target_of(other.membership->role) : Target::stranger);
}

std::uint32_t RoomChanges::members_max() const {
  const std::uint32_t own = row_.room.settings.members_max;
  return own == 0 ? limits_.members_max : std::min(own, limits_.members_max);
}

RoomChanges::Verdict RoomChanges::has_place(MemberId member) {
  if (row_.room.members >= members_max()) return at_limit("room_members_max", members_max());
  if (rows_.rooms_of(member) >= limits_.rooms_per_member_max)
    return at_limit("rooms_per_member_max", limits_.rooms_per_member_max);
  return std::nullopt;
}

RoomChanges::Verdict RoomChanges::place_in(RoomList list, std::uint32_t max, const char* name) {
  if (rows_.count_listed(row_.room.id, list) >= max) return at_limit(name, max);
  return std::nullopt;
}

RoomChanges::Verdict RoomChanges::check_rules(const ports::RoomSettings& settings) const {
  if (settings.members_max > limits_.members_max) return at_limit("members_max", limits_.members_max);
  if (settings.slow_mode_ms > limits_.slow_mode_ms_max)
    return at_limit("slow_mode_ms", limits_.slow_mode_ms_max);
  return std::nullopt;
}

// What every change does ------------------------------------------------------------------------------------------------

EventBody RoomChanges::body(std::string_view event) {
  return {event, row_.room.version + 1, actor_.id, actor_.name};
}

void RoomChanges::tell(EventBody event, MemberId gone, RoomEventEffect effect, MemberId member) {
  ports::RoomEvent stored;
  stored.zone = zone_;
  stored.room = row_.room.id;
  stored.version = version_ = ++row_.room.version;
  stored.body = event.take();
  stored.stream_only = row_.room.large_from != 0;
  stored.effect = effect;
  stored.member = member;
  if (!stored.stream_only) {
    stored.fanout = rows_.members(row_.room.id);
    const auto at = std::ranges::lower_bound(stored.fanout, gone);
    if (gone && (at == stored.fanout.end() || *at != gone)) stored.fanout.insert(at, gone);
  }
  rows_.add_event(stored);
  events_.push_back(std::move(stored));
}

RoomChanges::Changed RoomChanges::done(const Other* other) {
  if (!gone_) rows_.save_room(row_);
  ports::RoomChanged changed;
  changed.room = row_.room;
  changed.gone = gone_;
  changed.version = version_;
  changed.move = move_;
  if (other) {
    changed.member = other->id;
    changed.member_name = other->name;
  }
  if (version_ != 0) changed.events = std::move(events_);
  return changed;
}

void RoomChanges::set_role(const Other& other, RoomRole role) {
  Membership membership = other.membership.value_or(Membership{});
  membership.role = role;
  rows_.save_membership(row_.room.id, other.id, membership);
  std::erase(row_.admins, other.id);
  if (role == RoomRole::admin) row_.admins.insert(std::ranges::lower_bound(row_.admins, other.id), other.id);
  if (role == RoomRole::owner) row_.room.owner = other.id;
}

void RoomChanges::take_out(const Other& other) {
  rows_.remove_membership(row_.room.id, other.id);
  std::erase(row_.admins, other.id);
  --row_.room.members;
  move_ = ports::RoomMove::went;
}

void RoomChanges::stored(const ports::RoomEventPlace& place) {
  const auto event = rows_.event(place.room, place.version);
  if (!event) return;
  rows_.remove_event(place.room, place.version);
  switch (event->effect) {
    case RoomEventEffect::none: return;
    case RoomEventEffect::visible_from: {
      auto membership = rows_.membership(place.room, event->member);
      // Joined once more meanwhile: that one has an event of its own, and shows less.
      if (!membership || membership->visible_from != ports::kNothingVisible) return;
      membership->visible_from = place.cseq;
      return rows_.save_membership(place.room, event->member, *membership);
    }
    case RoomEventEffect::large_from: {
      auto row = rows_.room(event->zone, place.room);
      if (!row || row->room.large_from != 0) return;
      row->room.large_from = std::max<std::uint64_t>(1, place.cseq);
      row->room.growing = false;
      return rows_.save_room(*row);
    }
  }
}

// Creating and who comes ------------------------------------------------------------------------------------------------

RoomChanges::Changed RoomChanges::create(ZoneId zone, const ports::RoomActor& actor, MemberId owner,
                                         const ports::NewRoom& wanted) {
  zone_ = zone;
  const auto name = rows_.nickname(zone, owner);
  if (!name) return fail(refusal(DirectoryCode::not_found, "member"));
  const auto* server = std::get_if<ports::ServerActor>(&actor);
  if (!server && std::get<MemberId>(actor) != owner)
    return fail(refusal(DirectoryCode::forbidden, "a room is made for oneself"));
  actor_ = server ? Actor{.id = {}, .name = server->name, .acting = Acting::server, .membership = {}}
                  : Actor{.id = owner, .name = *name, .acting = Acting::owner, .membership = {}};
  if (auto why = check_rules(wanted.settings)) return fail(std::move(*why));
  if (rows_.rooms_of(owner) >= limits_.rooms_per_member_max)
    return fail(at_limit("rooms_per_member_max", limits_.rooms_per_member_max));
  if (rows_.name_taken(zone, wanted.name_key)) return fail(refusal(DirectoryCode::name_taken, "room name"));
  row_.room = {.id = {},
               .zone = zone,
               .name = wanted.name,
               .description = wanted.description,
               .avatar = wanted.avatar,
               .settings = wanted.settings,
               .owner = owner,
               .members = 1};
  row_.name_key = wanted.name_key;
  row_.room.id = rows_.add_room(row_);
  rows_.add_membership(row_.room.id, owner, {.role = RoomRole::owner});
  move_ = ports::RoomMove::came;
  tell(body("created").member(owner, *name).text("groupname", wanted.name), {}, RoomEventEffect::none, owner);
  const Other other{.id = owner, .name = *name, .membership = {}};
  return done(&other);
}

RoomChanges::Changed RoomChanges::change(ZoneId zone, const ports::RoomActor& actor, RoomId room,
                                         const ports::RoomChange& change) {
  if (auto why = begin(zone, actor, room)) return fail(std::move(*why));
  return std::visit([this](const auto& wanted) { return carry_out(wanted); }, change);
}

/// Everything that lets one in ends here: the rights were asked, places were not.
RoomChanges::Changed RoomChanges::admit(const Other& other) {
  if (auto why = has_place(other.id)) return fail(std::move(*why));
  const RoomId room = row_.room.id;
  const bool hidden = !row_.room.settings.history_visible;
  rows_.add_membership(room, other.id, {.visible_from = hidden ? ports::kNothingVisible : 0});
  rows_.remove_listed(room, RoomList::requests, other.id);
  rows_.remove_listed(room, RoomList::invitations, other.id);
  ++row_.room.members;
  move_ = ports::RoomMove::came;
  const bool grows = row_.room.large_from == 0 && !row_.room.growing &&
                     row_.room.members > limits_.inbox_fanout_max;
  tell(body("joined").member(other.id, other.name), {},
       hidden ? RoomEventEffect::visible_from : RoomEventEffect::none, other.id);
  if (grows) {
    row_.room.growing = true;
    tell(body("grown"), {}, RoomEventEffect::large_from);
  }
  return done(&other);
}

RoomChanges::Changed RoomChanges::ask_to_join(const Other& other) {
  const RoomId room = row_.room.id;
  const bool again = rows_.listed(room, RoomList::requests, other.id).has_value();
  if (!again) {
    if (auto why = place_in(RoomList::requests, limits_.requests_max, "room_requests_max"))
      return fail(std::move(*why));
    rows_.put_listed(room, RoomList::requests,
                     {.id = other.id, .name = {}, .by = other.id, .time_ms = now_ms_});
  }
  auto changed = done(&other);
  changed->waits = true;
  if (again) return changed;
  changed->answerers = row_.admins;
  changed->answerers.push_back(row_.room.owner);
  return changed;
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Join&) {
  if (actor_.acting == Acting::server)
    return fail(refusal(DirectoryCode::forbidden, "a server joins no room"));
  if (actor_.acting != Acting::stranger) return fail(refusal(DirectoryCode::conflict, "already in the room"));
  const Other self{.id = actor_.id, .name = actor_.name, .membership = {}};
  const RoomId room = row_.room.id;
  const auto ban = rows_.listed(room, RoomList::bans, self.id);
  if (ban && ban->until_ms > now_ms_) return fail(refusal(DirectoryCode::banned, "banned from the room"));
  if (rows_.listed(room, RoomList::invitations, self.id)) return admit(self);
  switch (row_.room.settings.join) {
    case ports::RoomJoinPolicy::open: return admit(self);
    case ports::RoomJoinPolicy::approval: return ask_to_join(self);
    case ports::RoomJoinPolicy::invitation: break;
  }
  return fail(refusal(DirectoryCode::forbidden, "this room is joined by invitation only"));
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Add& wanted) {
  Other other;
  if (auto why = about(Action::add, wanted.member, other)) return fail(std::move(*why));
  return admit(other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Invite& wanted) {
  Other other;
  if (auto why = about(Action::invite, wanted.member, other)) return fail(std::move(*why));
  const RoomId room = row_.room.id;
  const auto ban = rows_.listed(room, RoomList::bans, other.id);
  if (ban && ban->until_ms > now_ms_) return fail(refusal(DirectoryCode::conflict, "that member is banned"));
  if (rows_.listed(room, RoomList::requests, other.id)) return admit(other);  // both want it
  if (!rows_.listed(room, RoomList::invitations, other.id)) {
    if (auto why = place_in(RoomList::invitations, limits_.invitations_max, "room_invitations_max"))
      return fail(std::move(*why));
    if (rows_.count_listed_of(other.id, RoomList::invitations) >= limits_.invitations_per_member_max)
      return fail(at_limit("invitations_per_member_max", limits_.invitations_per_member_max));
  }
  rows_.put_listed(room, RoomList::invitations,
                   {.id = other.id, .name = {}, .by = actor_.id, .time_ms = now_ms_});
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Approve& wanted) {
  Other other;
  if (auto why = about(Action::answer, wanted.member, other)) return fail(std::move(*why));
  if (!rows_.listed(row_.room.id, RoomList::requests, other.id))
    return fail(refusal(DirectoryCode::no_target, "that member did not ask to join"));
  return admit(other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Refuse& wanted) {
  Other other;
  if (wanted.member == actor_.id) {
    if (auto why = find(wanted.member, other)) return fail(std::move(*why));
  } else if (auto why = about(Action::answer, wanted.member, other)) {
    return fail(std::move(*why));
  }
  const bool asked = rows_.remove_listed(row_.room.id, RoomList::requests, other.id);
  const bool invited = rows_.remove_listed(row_.room.id, RoomList::invitations, other.id);
  if (!asked && !invited) return fail(refusal(DirectoryCode::no_target, "no such request or invitation"));
  return done(&other);
}

}  // namespace plaza::rooms
