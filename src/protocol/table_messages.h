#pragma once
// The part of the table (table.cpp) that is about messages after they were sent: recalled, edited, answered.
#include "protocol/table_uses.h"

namespace plaza::protocol::table {

/// Events (4) and changes (5) are the server's to write.
consteval FieldUse sent_kind() {
  return {Field::kind, Need::optional, {}, 0, 3, "0..3; absent: 0; 0 needs msg, the others body"};
}

inline constexpr FieldUse kRecall[] = {one(Field::friendid), one(Field::groupid),
                                       req(Field::cseq, "the message"), opt(Field::send_id)};
inline constexpr FieldUse kEdit[] = {one(Field::friendid),
                                     one(Field::groupid),
                                     req(Field::cseq, "the message"),
                                     opt(Field::msg, "msg or body: what it says from now on"),
                                     opt(Field::body),
                                     sent_kind(),
                                     opt(Field::send_id)};
inline constexpr FieldUse kVersions[] = {
    one(Field::friendid), one(Field::groupid), req(Field::cseq, "the message"),
    opt(Field::before, "versions with a smaller number; 0 or absent: from the newest"),
    page(kVersionsLimitMax, "absent: 20")};
inline constexpr FieldUse kVersionsAck[] = {
    has(Field::cseq),        has(Field::id, "the sender"),
    has(Field::kind),        may(Field::recalled_ms, "then there are no versions"),
    may(Field::recalled_by), has(Field::versions),
    has(Field::more)};
inline constexpr ShapeField kVersionShape[] = {
    {"number", "integer", Need::always, "0: as it was sent; each edit counts one"},
    {"time_ms", "integer", Need::always, "since when it said so"},
    {"msg", "string", Need::sometimes, "of kind 0"},
    {"body", "object", Need::sometimes, "of kinds 1 to 3"}};

}  // namespace plaza::protocol::table
