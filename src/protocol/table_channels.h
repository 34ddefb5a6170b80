#pragma once
// The part of the table (table.cpp) that is about channels, typing and watched presence.
#include "protocol/table_uses.h"

namespace plaza::protocol::table {

inline constexpr FieldUse kSubscribe[] = {
    req(Field::channel), opt(Field::epoch, "of the position; 0 or absent: no position yet"),
    opt(Field::since, "the position: everything up to here is known"),
    page(kSyncLimitMax,
         "without a position: so many of the newest publications to begin with; absent: none")};
inline constexpr FieldUse kSubscribeAck[] = {
    has(Field::channel),
    has(Field::epoch),
    has(Field::head, "of the channel"),
    has(Field::recovered),
    has(Field::more, "true: not subscribed yet, subscribe again from the last of these"),
    has(Field::publications, "ascending, gapless")};
inline constexpr FieldUse kUnsubscribe[] = {req(Field::channel)};
inline constexpr FieldUse kPublish[] = {
    req(Field::channel),
    one(Field::msg),
    one(Field::body),
    {Field::kind, Need::optional, {}, 0, 3, "absent: 0; 0 needs msg, the others body"},
    opt(Field::send_id, "persistent channels only: makes a repetition harmless")};
inline constexpr FieldUse kPublishAck[] = {
    has(Field::channel),
    has(Field::epoch),
    has(Field::seq, "in the channel"),
    may(Field::send_id, "of a persistent channel's"),
    may(Field::dup, "with send_id"),
    may(Field::mid, "with send_id; absent when dup and the original is trimmed"),
    may(Field::expected, "with errno 14 and 28")};
inline constexpr FieldUse kPublication[] = {has(Field::channel),
                                            has(Field::epoch),
                                            has(Field::seq, "in the channel"),
                                            has(Field::id, "who said it"),
                                            has(Field::name, "of who said it, at that time"),
                                            may(Field::msg),
                                            may(Field::body),
                                            may(Field::kind, "absent: 0"),
                                            has(Field::time_ms),
                                            may(Field::mid, "of a persistent channel's")};
inline constexpr FieldUse kChannelHead[] = {has(Field::channel), has(Field::epoch), has(Field::head)};
inline constexpr FieldUse kChannels[] = {opt(Field::after), page(kListLimitMax, "absent: 100")};
inline constexpr FieldUse kChannelsAck[] = {has(Field::channels), has(Field::more),
                                            may(Field::after, "when more")};
inline constexpr FieldUse kTyping[] = {one(Field::friendid), one(Field::groupid), req(Field::typing)};
inline constexpr FieldUse kTypingPush[] = {has(Field::id, "who"),
                                           may(Field::friendid, "the conversation: with this member"),
                                           may(Field::groupid, "or of this group"), has(Field::typing)};
inline constexpr FieldUse kWatchPresence[] = {req(Field::groupid), req(Field::watch)};
inline constexpr FieldUse kWatchPresenceAck[] = {has(Field::groupid), has(Field::watch),
                                                 has(Field::presence, "those who are online")};
inline constexpr FieldUse kWatchEnded[] = {has(Field::groupid)};

inline constexpr ShapeField kChannelShape[] = {
    {"channel", "string", Need::always, "its name"},
    {"persistent", "boolean", Need::always, "true: stored; false: in memory only"},
    {"publish", "string", Need::always, "everyone or servers: who may publish"},
    {"history_max", "integer", Need::always, "so many publications are kept"},
    {"history_age_ms", "integer", Need::always, "for so long; 0: no limit"}};
inline constexpr ShapeField kPresenceShape[] = {
    {"id", "integer", Need::always, "the member"},
    {"state", "string", Need::always, "online; who is not listed is offline"}};

}  // namespace plaza::protocol::table
