#pragma once
// The part of the table (table.cpp) that is about members: making, finding and changing them, and how two stand to
// each other.
#include "protocol/table_uses.h"

namespace plaza::protocol::table {

inline constexpr FieldUse kCreateMember[] = {req(Field::nickname), opt(Field::avatar)};
inline constexpr FieldUse kCreateMemberAck[] = {has(Field::id), has(Field::name), has(Field::avatar)};
inline constexpr FieldUse kFindAck[] = {may(Field::id, "a member, with name, avatar and state"),
                                        may(Field::name),
                                        may(Field::avatar),
                                        may(Field::custom, "of a member that has one"),
                                        may(Field::state),
                                        may(Field::groupid, "or a group, with groupname and groupdesc"),
                                        may(Field::groupname),
                                        may(Field::groupdesc)};
inline constexpr FieldUse kSetMember[] = {
    opt(Field::nickname, "this and the next two: where the server lets members set it"), opt(Field::avatar),
    opt(Field::custom), opt(Field::friends_from), opt(Field::messages_from)};
inline constexpr FieldUse kMemberEvent[] = {
    has(Field::id, "a friend, or oneself by another device or the app"), has(Field::name), has(Field::avatar),
    may(Field::custom, "when there is one")};

inline constexpr FieldUse kRemoveFriend[] = {req(Field::friendid)};
inline constexpr FieldUse kBlock[] = {req(Field::friendid), req(Field::blocked)};
inline constexpr FieldUse kRemark[] = {req(Field::friendid), req(Field::remark)};
inline constexpr FieldUse kFind[] = {one(Field::nickname), one(Field::id), one(Field::groupname)};
inline constexpr FieldUse kFriendEvent[] = {has(Field::event, "requested, friends, refused or removed"),
                                            has(Field::friendid), has(Field::name),
                                            may(Field::state, "of a new friend")};
inline constexpr FieldUse kPresence[] = {has(Field::id, "a friend, or of a watched group"),
                                         has(Field::state)};

}  // namespace plaza::protocol::table
