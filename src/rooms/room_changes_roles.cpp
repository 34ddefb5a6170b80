// Who goes, roles, mutes, settings and pins: see room_changes.h.
#include <algorithm>
#include <utility>

#include "rooms/room_changes.h"

namespace plaza::rooms {

using ports::DirectoryCode;
using ports::RoomList;
using ports::RoomRole;

namespace {

std::unexpected<ports::DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(ports::DirectoryError{.code = code, .detail = std::move(detail)});
}
std::unexpected<ports::DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}

/// Whether the field is to become another value; what stays as it is is not told.
template <class T, class U>
bool drop_if_same(std::optional<T>& wanted, const U& now) {
  if (wanted && *wanted == now) wanted.reset();
  return wanted.has_value();
}

}  // namespace

// Who goes --------------------------------------------------------------------------------------------------------------

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Leave&) {
  if (auto why = allowed(Action::leave, Target::oneself)) return fail(std::move(*why));
  if (actor_.acting == Acting::owner && row_.room.members > 1)
    return refuse(DirectoryCode::conflict, "the owner leaves last");
  const Other self{.id = actor_.id, .name = actor_.name, .membership = actor_.membership};
  take_out(self);
  tell(body("left").member(self.id, self.name), self.id);
  if (row_.room.members == 0) {
    rows_.dissolve_room(row_);
    gone_ = true;
  }
  return done(&self);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Kick& wanted) {
  Other other;
  if (auto why = about(Action::kick, wanted.member, other)) return fail(std::move(*why));
  take_out(other);
  tell(body("kicked").member(other.id, other.name), other.id);
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Ban& wanted) {
  Other other;
  if (auto why = about(Action::ban, wanted.member, other)) return fail(std::move(*why));
  const RoomId room = row_.room.id;
  if (wanted.until_ms <= now_ms_) return refuse(DirectoryCode::conflict, "a ban ends in the future");
  if (!rows_.listed(room, RoomList::bans, other.id)) {
    rows_.drop_ended_bans(room, now_ms_);
    if (auto why = place_in(RoomList::bans, limits_.bans_max, "room_bans_max")) return fail(std::move(*why));
  }
  rows_.put_listed(
      room, RoomList::bans,
      {.id = other.id, .name = {}, .by = actor_.id, .time_ms = now_ms_, .until_ms = wanted.until_ms});
  rows_.remove_listed(room, RoomList::requests, other.id);
  rows_.remove_listed(room, RoomList::invitations, other.id);
  const bool inside = other.membership.has_value();
  if (inside) take_out(other);
  tell(body("banned").member(other.id, other.name).until(wanted.until_ms), inside ? other.id : MemberId{});
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Unban& wanted) {
  Other other;
  if (auto why = about(Action::unban, wanted.member, other)) return fail(std::move(*why));
  if (!rows_.remove_listed(row_.room.id, RoomList::bans, other.id))
    return refuse(DirectoryCode::no_target, "that member is not banned");
  tell(body("unbanned").member(other.id, other.name));
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Dissolve&) {
  if (auto why = allowed(Action::dissolve)) return fail(std::move(*why));
  tell(body("dissolved"));
  rows_.dissolve_room(row_);
  gone_ = true;
  return done();
}

// Roles and mutes -------------------------------------------------------------------------------------------------------

RoomChanges::Changed RoomChanges::carry_out(const ports::change::MakeAdmin& wanted) {
  Other other;
  if (auto why = about(Action::make_admin, wanted.member, other)) return fail(std::move(*why));
  if (row_.admins.size() >= limits_.admins_max) return at_limit("room_admins_max", limits_.admins_max);
  set_role(other, RoomRole::admin);
  tell(body("admin_added").member(other.id, other.name));
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::RemoveAdmin& wanted) {
  Other other;
  if (auto why = about(Action::remove_admin, wanted.member, other)) return fail(std::move(*why));
  set_role(other, RoomRole::member);
  tell(body("admin_removed").member(other.id, other.name));
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Transfer& wanted) {
  Other other;
  if (auto why = about(Action::transfer, wanted.member, other)) return fail(std::move(*why));
  Other before{
      .id = row_.room.owner, .name = {}, .membership = rows_.membership(row_.room.id, row_.room.owner)};
  set_role(other, RoomRole::owner);
  if (before.membership)
    set_role(before, row_.admins.size() < limits_.admins_max ? RoomRole::admin : RoomRole::member);
  row_.room.owner = other.id;
  tell(body("owner_changed").member(other.id, other.name).number("from", before.id.value));
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Mute& wanted) {
  Other other;
  if (auto why = about(Action::mute, wanted.member, other)) return fail(std::move(*why));
  const bool ends = wanted.until_ms <= now_ms_;
  if (ends && other.membership->muted_until_ms <= now_ms_) return done(&other);
  Membership muted = *other.membership;
  muted.muted_until_ms = ends ? 0 : wanted.until_ms;
  rows_.save_membership(row_.room.id, other.id, muted);
  if (ends) {
    tell(body("unmuted").member(other.id, other.name));
  } else {
    tell(body("muted").member(other.id, other.name).until(wanted.until_ms));
  }
  return done(&other);
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::MuteAll& wanted) {
  if (auto why = allowed(Action::mute_all)) return fail(std::move(*why));
  const bool ends = wanted.until_ms <= now_ms_;
  if (ends && row_.room.muted_until_ms <= now_ms_) return done();
  row_.room.muted_until_ms = ends ? 0 : wanted.until_ms;
  if (ends) {
    tell(body("all_unmuted"));
  } else {
    tell(body("all_muted").until(wanted.until_ms));
  }
  return done();
}

// Settings and pins -----------------------------------------------------------------------------------------------------

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Set& wanted) {
  const bool profile = wanted.name || wanted.description || wanted.avatar;
  const bool rules = wanted.join || wanted.speak || wanted.members_max || wanted.slow_mode_ms ||
                     wanted.history_visible;
  if (profile || !rules) {
    if (auto why = allowed(Action::set_profile)) return fail(std::move(*why));
  }
  if (rules) {
    if (auto why = allowed(Action::set_rules)) return fail(std::move(*why));
  }
  ports::Room& room = row_.room;
  ports::change::Set set = wanted;
  bool any = drop_if_same(set.name, room.name);
  any |= drop_if_same(set.description, room.description);
  any |= drop_if_same(set.avatar, room.avatar);
  any |= drop_if_same(set.join, room.settings.join);
  any |= drop_if_same(set.speak, room.settings.speak);
  any |= drop_if_same(set.members_max, room.settings.members_max);
  any |= drop_if_same(set.slow_mode_ms, room.settings.slow_mode_ms);
  any |= drop_if_same(set.history_visible, room.settings.history_visible);
  const bool other_key = set.name && set.name_key && *set.name_key != row_.name_key;
  if (other_key && rows_.name_taken(zone_, *set.name_key))
    return refuse(DirectoryCode::name_taken, "room name");
  ports::RoomSettings settings = room.settings;
  settings.join = set.join.value_or(settings.join);
  settings.speak = set.speak.value_or(settings.speak);
  settings.members_max = set.members_max.value_or(settings.members_max);
  settings.slow_mode_ms = set.slow_mode_ms.value_or(settings.slow_mode_ms);
  settings.history_visible = set.history_visible.value_or(settings.history_visible);
  if (auto why = check_rules(settings)) return fail(std::move(*why));
  if (!any) return done();
  room.settings = settings;
  room.name = set.name.value_or(room.name);
  room.description = set.description.value_or(room.description);
  room.avatar = set.avatar.value_or(room.avatar);
  if (other_key) row_.name_key = *set.name_key;
  tell(body("changed").fields(set));
  return done();
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Pin& wanted) {
  if (auto why = allowed(Action::pin)) return fail(std::move(*why));
  const auto pins = rows_.pins(row_.room.id);
  if (std::ranges::any_of(pins, [&](const auto& pin) { return pin.cseq == wanted.cseq; })) return done();
  if (pins.size() >= limits_.pins_max) return at_limit("room_pins_max", limits_.pins_max);
  rows_.add_pin(row_.room.id,
                {.cseq = wanted.cseq, .message = wanted.message, .by = actor_.id, .time_ms = now_ms_});
  tell(body("pinned").number("cseq", wanted.cseq).number("mid", wanted.message.value));
  return done();
}

RoomChanges::Changed RoomChanges::carry_out(const ports::change::Unpin& wanted) {
  if (auto why = allowed(Action::pin)) return fail(std::move(*why));
  const auto pins = rows_.pins(row_.room.id);
  if (std::ranges::none_of(pins, [&](const auto& pin) { return pin.cseq == wanted.cseq; }))
    return refuse(DirectoryCode::no_target, "that message is not pinned");
  rows_.remove_pin(row_.room.id, wanted.cseq);
  tell(body("unpinned").number("cseq", wanted.cseq));
  return done();
}

}  // namespace plaza::rooms
