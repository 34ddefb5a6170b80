#include "rooms/rights.h"

#include <array>

namespace plaza::rooms {
namespace {

/// Against whom.
enum class Against : std::uint8_t {
  nobody,            ///< the action is about the room, or about oneself
  lower,             ///< one in the room whose role is lower than one's own
  outside,           ///< one who is not in the room
  lower_or_outside,  ///< either
  member,            ///< one with no role yet
  admin,
  anyone_else,  ///< a member or an admin
};

struct Rule {
  Action action;
  Acting from;  ///< the least that is enough
  Against against;
};

// The app's server may do everything that is not done to oneself. Not even it kicks, bans or mutes an owner away from a room:
// ownership is transferred first.
constexpr std::array<Rule, kActions> kRules = {{
    {Action::look, Acting::member, Against::nobody},
    {Action::speak, Acting::member, Against::nobody},
    {Action::speak_freely, Acting::admin, Against::nobody},
    {Action::leave, Acting::member, Against::nobody},
    {Action::invite, Acting::admin, Against::outside},
    {Action::answer, Acting::admin, Against::outside},
    {Action::look_lists, Acting::admin, Against::nobody},
    {Action::kick, Acting::admin, Against::lower},
    {Action::ban, Acting::admin, Against::lower_or_outside},
    {Action::unban, Acting::admin, Against::outside},
    {Action::mute, Acting::admin, Against::lower},
    {Action::mute_all, Acting::admin, Against::nobody},
    {Action::pin, Acting::admin, Against::nobody},
    {Action::set_profile, Acting::admin, Against::nobody},
    {Action::set_rules, Acting::owner, Against::nobody},
    {Action::make_admin, Acting::owner, Against::member},
    {Action::remove_admin, Acting::owner, Against::admin},
    {Action::transfer, Acting::owner, Against::anyone_else},
    {Action::dissolve, Acting::owner, Against::nobody},
    {Action::add, Acting::server, Against::outside},
    {Action::recall, Acting::admin, Against::lower_or_outside},
}};

consteval bool in_order() {
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    if (kRules[i].action != static_cast<Action>(i)) return false;
  }
  return true;
}
static_assert(in_order(), "one rule for each action, in the order of the enum");

constexpr bool is_lower(Target target, Acting acting) {
  switch (target) {
    case Target::member: return acting > Acting::member;
    case Target::admin: return acting > Acting::admin;
    case Target::nobody:
    case Target::oneself:
    case Target::stranger:
    case Target::owner: break;
  }
  return false;
}

Right against(Acting acting, Against rule, Target target) {
  const bool inside = target == Target::member || target == Target::admin || target == Target::owner;
  const auto only = [](bool good) { return good ? Right::yes : Right::wrong_target; };
  switch (rule) {
    case Against::nobody: return Right::yes;
    case Against::outside: return only(target == Target::stranger);
    case Against::member: return only(target == Target::member);
    case Against::admin: return only(target == Target::admin);
    case Against::anyone_else: return only(target == Target::member || target == Target::admin);
    case Against::lower_or_outside:
      if (target == Target::stranger) return Right::yes;
      [[fallthrough]];
    case Against::lower:
      if (!inside) return Right::wrong_target;
      return is_lower(target, acting) ? Right::yes : Right::not_permitted;
  }
  return Right::not_permitted;
}

}  // namespace

Right right(Acting acting, Action action, Target target) {
  const Rule& rule = kRules[static_cast<std::size_t>(action)];
  if (acting == Acting::stranger) return Right::not_in_room;
  if (acting < rule.from) return Right::not_permitted;
  if (acting == Acting::server && (action == Action::leave || action == Action::speak))
    return Right::not_permitted;  // it is in no room
  return against(acting, rule.against, target);
}

}  // namespace plaza::rooms
