// What a zone forbids: mutes, bans, words; and what its members reported.
#include "backend/content.h"
#include "moderation/sanction_rules.h"

namespace plaza::backend {

namespace json = boost::json;

using ports::SanctionKind;

namespace {

constexpr std::array<std::string_view, 3> kSanctions{"", "mute", "ban"};
constexpr std::array<std::string_view, 3> kMatches{"anywhere", "whole_word", "pattern"};
constexpr std::array<std::string_view, 3> kActions{"report", "mask", "refuse"};
constexpr std::array<std::string_view, 2> kStates{"open", "closed"};
constexpr std::array<std::string_view, 6> kStreams{"", "", "member", "room", "channel", "notice"};

json::object shown(const ports::Sanction& sanction) {
  json::object out{{"member", sanction.member.value},
                   {"kind", word_of(kSanctions, sanction.kind)},
                   {"since_ms", sanction.since_ms},
                   {"reason", sanction.reason},
                   {"by", sanction.by}};
  if (sanction.until_ms != 0) out["until_ms"] = sanction.until_ms;
  return out;
}

json::object shown(const ports::WordRule& rule) {
  return {{"word", rule.id.value},
          {"text", rule.text},
          {"match", word_of(kMatches, rule.match)},
          {"action", word_of(kActions, rule.action)}};
}

json::object shown(const ports::Report& report) {
  json::object out{{"report", report.id.value},      {"state", word_of(kStates, report.state)},
                   {"time_ms", report.time_ms},      {"reporter", report.reporter.value},
                   {"reason", report.reason},        {"where", word_of(kStreams, report.conversation.kind())},
                   {"seq", report.conversation_seq}, {"message", report.message.value},
                   {"from", report.sender.value},    {"name", report.sender_name},
                   {"sent_ms", report.sent_ms}};
  if (report.conversation.kind() == ports::StreamKind::room) out["room"] = report.conversation.first();
  add_content(out, report.kind, report.body);
  if (report.state == ports::ReportState::closed) {
    out["closed_by"] = report.closed_by;
    out["closed_ms"] = report.closed_ms;
    out["resolution"] = report.resolution;
  }
  return out;
}

struct MemberOfZone {
  ports::Zone zone;
  ports::Member member;
};
ApiResult<MemberOfZone> named_member(const Call& call) {
  auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  return MemberOfZone{.zone = std::move(*zone), .member = std::move(*member)};
}

Answer put_sanction(Call& call, SanctionKind kind) {
  const auto whom = named_member(call);
  if (!whom) return fail(whom.error());
  const auto put = call.services.live_moderation.put_sanction({.zone = whom->zone.id,
                                                               .member = whom->member.id,
                                                               .kind = kind,
                                                               .since_ms = 0,
                                                               .until_ms = until_ms(call, 0),
                                                               .reason = call.args.text("reason"),
                                                               .by = call.caller.actor});
  if (!put) return fail(of_moderation(put.error(), "member"));
  return shown(*put);
}

Answer lift_sanction(Call& call, SanctionKind kind) {
  const auto whom = named_member(call);
  if (!whom) return fail(whom.error());
  const auto lifted = call.services.live_moderation.lift_sanction(whom->zone.id, whom->member.id, kind);
  if (!lifted) return fail(of_moderation(lifted.error(), "member"));
  return json::object{{"member", whom->member.id.value}, {"lifted", *lifted}};
}

}  // namespace

Answer mute_member(Call& call) { return put_sanction(call, SanctionKind::mute); }
Answer unmute_member(Call& call) { return lift_sanction(call, SanctionKind::mute); }
Answer ban_member(Call& call) { return put_sanction(call, SanctionKind::ban); }
Answer unban_member(Call& call) { return lift_sanction(call, SanctionKind::ban); }

Answer member_sanctions(Call& call) {
  const auto whom = named_member(call);
  if (!whom) return fail(whom.error());
  const auto found = call.services.moderation.sanctions_of(whom->zone.id, whom->member.id,
                                                           call.services.clock.wall_ms());
  if (!found) return fail(of_directory(found.error(), "member"));
  json::array list;
  for (const auto& sanction : *found) list.emplace_back(shown(sanction));
  return json::object{{"sanctions", std::move(list)}};
}

/// What concerns one member stays on one page, which has an entry more for that, so that `after` is a member.
Answer list_sanctions(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto limit = page_limit(call);
  constexpr auto kBehindAll = static_cast<SanctionKind>(255);
  auto found = call.services.moderation.sanctions(zone->id, {MemberId{call.args.number("after")}, kBehindAll},
                                                  call.services.clock.wall_ms(), limit + 1);
  if (!found) return fail(of_directory(found.error()));
  const bool more = found->size() > limit;
  if (more && (*found)[limit].member != (*found)[limit - 1].member) found->pop_back();
  json::array list;
  for (const auto& sanction : *found) list.emplace_back(shown(sanction));
  json::object answer{{"sanctions", std::move(list)}};
  if (more) answer["next"] = found->back().member.value;
  return answer;
}

// Reports ---------------------------------------------------------------------------------------------------------------

Answer list_reports(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto limit = page_limit(call);
  std::optional<ports::ReportState> state = chosen(call, "state", kStates, ports::ReportState::open);
  if (call.args.text("state") == "all") state.reset();
  const auto found = call.services.moderation.reports(zone->id, state, ReportId{call.args.number("after")},
                                                      limit);
  if (!found) return fail(of_directory(found.error()));
  json::array list;
  for (const auto& report : *found) list.emplace_back(shown(report));
  json::object answer{{"reports", std::move(list)}};
  add_next(answer, found->size(), limit, found->empty() ? ReportId{} : found->back().id);
  return answer;
}

Answer show_report(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto report = call.services.moderation.report(zone->id, ReportId{call.args.number("report")});
  if (!report) return fail(of_directory(report.error(), "report"));
  return shown(*report);
}

Answer close_report(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const std::string resolution = call.args.text("resolution");
  if (const auto good = moderation::check_text("resolution", resolution, ports::kReasonBytesMax); !good)
    return fail(of_moderation(good.error()));
  const auto closed = call.services.moderation.close_report(zone->id, ReportId{call.args.number("report")},
                                                            call.caller.actor, resolution,
                                                            call.services.clock.wall_ms());
  if (!closed) return fail(of_directory(closed.error(), "report"));
  return shown(*closed);
}

// Words -----------------------------------------------------------------------------------------------------------------

Answer list_words(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto words = call.services.moderation.words(zone->id);
  if (!words) return fail(of_directory(words.error()));
  const auto limit = page_limit(call);
  const WordRuleId after{call.args.number("after")};
  json::array list;
  json::object answer;
  for (const auto& rule : *words) {
    if (rule.id <= after) continue;
    if (list.size() == limit) {
      answer["next"] = list.back().at("word");
      break;
    }
    list.emplace_back(shown(rule));
  }
  answer["words"] = std::move(list);
  return answer;
}

Answer put_word(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto put = call.services.live_moderation.put_word(
      zone->id, {.id = {},
                 .match = chosen(call, "match", kMatches, ports::WordMatch::anywhere),
                 .action = chosen(call, "action", kActions, ports::WordAction::refuse),
                 .text = call.args.text("text")});
  if (!put) return fail(of_moderation(put.error(), "text"));
  return shown(*put);
}

Answer remove_word(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const WordRuleId id{call.args.number("word")};
  const auto removed = call.services.live_moderation.remove_word(zone->id, id);
  if (!removed) return fail(of_moderation(removed.error(), "word"));
  return json::object{{"word", id.value}, {"removed", true}};
}

}  // namespace plaza::backend
