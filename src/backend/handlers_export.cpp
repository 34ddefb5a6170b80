// What is kept of one account, for whoever asks what that is.
#include <algorithm>

#include "backend/account_export.h"
#include "backend/content.h"
#include "backend/member_view.h"
#include "backend/rooms.h"

namespace plaza::backend {

namespace json = boost::json;

using ports::StreamId;
using ports::StreamKind;
using Part = ExportCursor::Part;

namespace {

constexpr std::array<std::string_view, 4> kFriendships{"none", "friends", "requested_by_me",
                                                       "requested_by_them"};
constexpr std::array<std::string_view, 3> kSanctions{"", "mute", "ban"};

/// One page.
class Export {
 public:
  Export(const Call& call, std::vector<ports::AccountMember> members, bool whole)
      : call_(call), members_(std::move(members)), whole_(whole) {}

  Answer page(ExportCursor at) {
    const auto found = std::ranges::find_if(
        members_, [&](const ports::AccountMember& one) { return one.member.id.value >= at.member; });
    if (found == members_.end()) return finish(std::nullopt);
    if (found->member.id.value != at.member) at = {.member = found->member.id.value};
    switch (at.part) {
      case Part::lists: return lists(*found, at, found == members_.begin());
      case Part::inbox: return inbox(*found, at);
      case Part::room: break;
    }
    return room(*found, at);
  }

 private:
  Answer finish(std::optional<ExportCursor> next) {
    json::object answer{{"records", std::move(records_)}};
    if (next) answer["next"] = to_text(*next);
    return answer;
  }
  void add(std::string_view what, json::object record) {
    json::object out{{"record", what}};
    for (auto& item : record) out.emplace(item.key(), std::move(item.value()));
    records_.emplace_back(std::move(out));
  }

  Answer lists(const ports::AccountMember& of, ExportCursor at, bool first) {
    if (first) {
      if (auto done = account(of.member.account); !done) return fail(done.error());
    }
    json::object member{{"member", of.member.id.value},
                        {"app", of.app_name},
                        {"zone", of.zone_name},
                        {"nickname", of.member.nickname}};
    add_settings(member, of.member);
    add("member", std::move(member));
    if (auto done = relations(of.member); !done) return fail(done.error());
    if (auto done = rooms(of.member); !done) return fail(done.error());
    if (auto done = sanctions(of.member); !done) return fail(done.error());
    at.part = Part::inbox;
    return finish(at);
  }

  /// What is not this app's alone is nobody's but the operators'.
  ApiResult<void> account(AccountId id) {
    if (!whole_) return {};
    const auto account = call_.services.directory.account(id);
    if (!account) return fail(of_directory(account.error()));
    add("account",
        {{"account", id.value}, {"name", account->name}, {"password", !account->password_hash.empty()}});
    const auto tokens = call_.services.directory.tokens_of(id, call_.services.clock.wall_ms());
    if (!tokens) return fail(of_directory(tokens.error()));
    for (const auto& token : *tokens) {
      add("login", {{"device", token.device},
                    {"member", token.member.value},
                    {"created_ms", token.created_ms},
                    {"expires_ms", token.expires_ms}});
    }
    return {};
  }
  ApiResult<void> relations(const ports::Member& of) {
    const auto found = call_.services.directory.relations(of.zone, of.id);
    if (!found) return fail(of_directory(found.error()));
    for (const auto& one : *found) {
      add("relation", {{"member", of.id.value},
                       {"to", one.peer.value},
                       {"name", one.peer_name},
                       {"friendship", word_of(kFriendships, one.friendship)},
                       {"blocked", one.blocked_by_me},
                       {"remark", one.remark}});
    }
    return {};
  }
  ApiResult<void> rooms(const ports::Member& of) {
    const auto found = call_.services.directory.rooms_of(of.zone, of.id);
    if (!found) return fail(of_directory(found.error()));
    for (const auto& one : *found) {
      add("room", {{"member", of.id.value},
                   {"room", one.id.value},
                   {"name", one.name},
                   {"role", word_of(kRoomRoles, one.role)}});
    }
    return {};
  }
  ApiResult<void> sanctions(const ports::Member& of) {
    const auto found = call_.services.moderation.sanctions_of(of.zone, of.id, call_.services.clock.wall_ms());
    if (!found) return fail(of_directory(found.error()));
    for (const auto& one : *found) {
      json::object record{{"member", of.id.value},
                          {"kind", word_of(kSanctions, one.kind)},
                          {"since_ms", one.since_ms},
                          {"reason", one.reason}};
      if (one.until_ms != 0) record["until_ms"] = one.until_ms;
      add("sanction", std::move(record));
    }
    return {};
  }

  Answer inbox(const ports::AccountMember& of, ExportCursor at) {
    const auto page = read(StreamId::inbox(of.member.id), at.after);
    if (!page) return refuse(ErrorCode::unavailable);
    for (const auto& entry : page->entries) message(of.member.id, entry);
    if (page->more && !page->entries.empty()) {
      at.after = page->entries.back().seq;
      return finish(at);
    }
    return finish(ExportCursor{.member = at.member, .part = Part::room});
  }
  /// A large room's messages are in no inbox. What others say there is not about this member.
  Answer room(const ports::AccountMember& of, ExportCursor at) {
    auto rooms = call_.services.directory.rooms_of(of.member.zone, of.member.id);
    if (!rooms) return fail(of_directory(rooms.error()));
    const ports::Room* next = nullptr;
    for (const auto& one : *rooms) {
      if (one.large_from != 0 && one.id.value >= at.room && (!next || one.id < next->id)) next = &one;
    }
    if (!next) return finish(ExportCursor{.member = at.member + 1});
    const bool begun = next->id.value == at.room && at.after != 0;
    const auto page = read(StreamId::room(next->id), begun ? at.after : next->large_from);
    if (!page) return refuse(ErrorCode::unavailable);
    for (const auto& entry : page->entries) {
      if (entry.message->sender == of.member.id) message(of.member.id, entry);
    }
    if (page->more && !page->entries.empty())
      return finish(ExportCursor{at.member, Part::room, next->id.value, page->entries.back().seq});
    return finish(ExportCursor{.member = at.member, .part = Part::room, .room = next->id.value + 1});
  }

  std::optional<ports::Page> read(StreamId stream, std::uint64_t after) {
    return call_.services.live.read(stream, after, page_limit(call_));
  }
  void message(MemberId member, const ports::Entry& entry) {
    json::object record{{"member", member.value}};
    const StreamId where = entry.message->conversation;
    if (where.kind() == StreamKind::room) record["room"] = where.first();
    if (where.kind() == StreamKind::pair) record["with"] = where.peer_of(member).value;
    for (auto& item : shown(entry)) record.emplace(item.key(), std::move(item.value()));
    add("message", std::move(record));
  }

  const Call& call_;
  const std::vector<ports::AccountMember> members_;
  const bool whole_;
  json::array records_;
};

}  // namespace

Answer export_account(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  const auto at = call.args.has("after") ? export_cursor_of(call.args.text("after")) : ExportCursor{};
  if (!at) return refuse(ErrorCode::bad_request, {}, "after", "next of the page before");
  auto members = call.services.apps.account_members(member->account);
  if (!members) return fail(of_directory(members.error()));
  const std::size_t all = members->size();
  if (!call.caller.is_operator)
    std::erase_if(*members, [&](const ports::AccountMember& one) { return one.app != call.app.id; });
  const bool whole = members->size() == all;
  return Export(call, std::move(*members), whole).page(*at);
}

}  // namespace plaza::backend
