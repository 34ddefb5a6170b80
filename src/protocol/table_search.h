#pragma once
// The part of the table (table.cpp) that is about searching.
#include "protocol/table_uses.h"

namespace plaza::protocol::table {

inline constexpr FieldUse kSearch[] = {
    req(Field::query, "all of its words must be there"), most(Field::friendid), most(Field::groupid),
    opt(Field::before,
        "messages with a smaller mid: `before` of the page before; 0 or absent: from the newest"),
    page(kSearchLimitMax, "absent: 20")};
inline constexpr FieldUse kSearchAck[] = {has(Field::results, "newest first"), has(Field::more),
                                          may(Field::before, "when more")};
inline constexpr ShapeField kResultShape[] = {
    {"mid", "integer", Need::always, "id of the message"},
    {"friendid", "integer", Need::sometimes, "the conversation: with this member (0: the server), or"},
    {"groupid", "integer", Need::sometimes, "of this group"},
    {"cseq", "integer", Need::always, "position in the conversation"},
    {"id", "integer", Need::always, "the sender; 0: the server"},
    {"name", "string", Need::always, "of the sender, when sent"},
    {"time_ms", "integer", Need::always, "when it was stored"},
    {"snippet", "string", Need::always, "the text around the first word that was found"}};

}  // namespace plaza::protocol::table
