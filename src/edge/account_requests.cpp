#include "edge/account_requests.h"

#include "base/log.h"
#include "edge/edge_metrics.h"
#include "edge/edge_node.h"
#include "edge/edge_shard.h"
#include "edge/session.h"

namespace plaza::edge {

using chat::Asked;
using chat::SessionState;
using chat::Verdict;
using login::LoginCode;
using login::LoginResult;
using protocol::Errno;
using protocol::Msg;

namespace {

Errno errno_of(LoginCode code) {
  switch (code) {
    case LoginCode::bad_credentials: return Errno::bad_credentials;
    case LoginCode::registration_failed: return Errno::reg_failed;
    case LoginCode::name_taken: return Errno::name_taken;
    case LoginCode::name_invalid: return Errno::name_invalid;
    case LoginCode::token_invalid: return Errno::token_invalid;
    case LoginCode::limited: return Errno::login_limited;
    case LoginCode::quota_reached: return Errno::quota_reached;
    case LoginCode::limit_reached: return Errno::limit_reached;
    case LoginCode::no_such_zone: return Errno::no_such_zone;
    case LoginCode::no_such_peer: return Errno::no_such_peer;
    case LoginCode::unavailable: return Errno::unavailable;
    case LoginCode::try_again: return Errno::try_again;
    case LoginCode::bad_request: return Errno::bad_request;
  }
  return Errno::unavailable;
}

std::string text(const std::optional<std::string_view>& value) {
  return std::string(value.value_or(std::string_view{}));
}

std::vector<TokenId> ids_of(const std::vector<ports::Token>& tokens) {
  std::vector<TokenId> ids;
  for (const auto& token : tokens) ids.push_back(token.id);
  return ids;
}

/// Before it is known which app that is, and whether there is one: a number that no app's id has.
Share share_of(const login::Place& place) {
  constexpr Share kNamed = Share{1} << 63;
  return std::hash<std::string>{}(place.app) | kNamed;
}

protocol::MemberEntry member_entry(const ports::Member& member) {
  return {.id = member.id, .name = member.nickname, .avatar = member.avatar};
}

}  // namespace

bool AccountRequests::takes(Msg msgid) {
  switch (msgid) {
    case Msg::login:
    case Msg::reg:
    case Msg::loginout:
    case Msg::create_member:
    case Msg::enter:
    case Msg::change_password:
    case Msg::tokens:
    case Msg::revoke_token: return true;
    default: return false;
  }
}

Verdict AccountRequests::request(Session& session, const protocol::Request& request) {
  switch (request.msgid) {
    case Msg::login: return log_in(session, request);
    case Msg::reg: return register_account(session, request);
    case Msg::loginout: return log_out(session, request);
    case Msg::create_member: return create_member(session, request);
    case Msg::enter: return enter(session, request);
    case Msg::change_password: return change_password(session, request);
    case Msg::tokens: return list_tokens(session, request);
    case Msg::revoke_token: return revoke_token(session, request);
    default: break;
  }
  return chat::refuse(session.chat(), Asked::from(request), {.error = Errno::unknown_msgid});
}

template <class Job, class Then>
Verdict AccountRequests::await(Session& session, const Asked& asked, Pool pool, Share share, Job job,
                               Then then) {
  EdgeParts& parts = shard_.node().parts();
  WorkerPool& workers = pool == Pool::sql ? parts.sql_workers : parts.password_workers;
  const bool started = workers.try_run(
      [this, id = session.id(), job = std::move(job), then = std::move(then)]() mutable {
        auto result = job();
        shard_.shard().post([this, id, result = std::move(result), then = std::move(then)]() mutable {
          Session* still = shard_.find(id);
          if (!still || still->closing()) return;
          if (then(*still, std::move(result)) == Verdict::done) still->resume(chat::Resume::next);
        });
      },
      share);
  return started ? Verdict::wait : chat::refuse(session.chat(), asked, chat::busy());
}

chat::Refusal AccountRequests::refusal_of(const login::LoginError& error) {
  return {.error = errno_of(error.code),
          .message = error.detail,
          .field = error.field,
          .allowed = error.allowed,
          .retry_after_ms = static_cast<std::uint64_t>(error.retry_after_ms)};
}

Verdict AccountRequests::refuse(Session& session, const Asked& asked, const login::LoginError& error) {
  return chat::refuse(session.chat(), asked, refusal_of(error));
}

// LOGIN and REG ------------------------------------------------------------------------------------------------------------

Verdict AccountRequests::log_in(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Login>(request);
  const Asked asked = Asked::from(request);
  session.set_endings_seen(shard_.node().endings());
  login::LoginRequest login;
  login.place = {text(wanted.app), text(wanted.zone)};
  login.address = session.connection().remote().ip_text();
  const bool classic = wanted.classic();
  const bool by_token = wanted.token.has_value();
  login.mode = classic ? login::LoginMode::classic : login::LoginMode::account;
  login.device = wanted.device ? std::string(*wanted.device)
                 : classic     ? "classic"
                 : by_token    ? ""
                               : "default";
  Pool pool = Pool::sql;
  if (by_token) {
    login.proof = login::TokenProof{std::string(*wanted.token)};
  } else if (wanted.vendor) {
    login.proof = login::ThirdPartyProof{std::string(*wanted.vendor), std::string(wanted.vendor_user),
                                         std::string(wanted.proof)};
  } else {
    login.proof = login::PasswordProof{wanted.id, std::string(wanted.account_name()),
                                       std::string(wanted.password)};
    pool = Pool::passwords;
  }
  login::LoginService& service = shard_.node().parts().login;
  if (by_token) {
    if (auto cached = service.try_cached(login)) {
      // At the end of the turn: the session may have to move, which it cannot while its frame is being handled.
      auto held = std::make_shared<login::LoggedIn>(std::move(*cached));
      shard_.shard().defer([this, id = session.id(), asked, held] {
        Session* still = shard_.find(id);
        if (!still || still->closing()) return;
        if (logged_in(*still, asked, false, true, std::move(*held)) == Verdict::done) {
          still->resume(chat::Resume::next);
        }
      });
      return Verdict::wait;
    }
  }
  return await(
      session, asked, pool, share_of(login.place),
      [&service, login = std::move(login)] { return service.login(login); },
      [this, asked, classic, by_token](Session& s, LoginResult<login::LoggedIn> result) {
        if (!result) {
          metrics().logins_refused.add();
          return refuse(s, asked, result.error());
        }
        return logged_in(s, asked, classic, by_token, std::move(*result));
      });
}

Verdict AccountRequests::logged_in(Session& session, const Asked& asked, bool classic, bool by_token,
                                   login::LoggedIn in) {
  metrics().logins.add();
  chat::Session& chat = session.chat();
  chat.account = in.account;
  chat.app = in.zone->app;
  chat.zone = in.zone->id;
  chat.device = in.device;
  chat.login_token = in.token_id;
  chat.token_login = by_token;
  if (shard_.close_if_revoked(session)) return Verdict::wait;
  shard_.node().revoke(ids_of(in.dropped));
  PLAZA_LOG(debug, "edge", "session {}: account {} logged in from {}", session.id(), in.account.value,
            session.connection().remote().ip_text());
  std::vector<protocol::MemberEntry> members;
  if (!classic) {
    members.reserve(in.members.size());
    for (const auto& member : in.members) members.push_back(member_entry(member));
  }
  if (in.entered) {
    shard_.enter_at_home(session, {.style = classic ? chat::EnterStyle::classic : chat::EnterStyle::login,
                                   .asked = asked,
                                   .member = *in.entered_member(),
                                   .zone = std::move(in.zone),
                                   .account_name = std::move(in.account_name),
                                   .members = std::move(members),
                                   .token = in.exchanged ? std::move(in.token) : std::string(),
                                   .token_expires_ms = in.exchanged ? in.token_expires_ms : 0,
                                   .replaces = by_token});
    return Verdict::wait;
  }
  chat.state = SessionState::authenticated;
  protocol::LoginAck ack;
  ack.account = in.account_name;
  ack.app = in.zone->app_name;
  ack.zone = in.zone->zone_name;
  ack.device = in.device;
  ack.token = in.token;
  ack.token_expires_ms = in.token_expires_ms;
  ack.members = std::move(members);
  chat::answer(chat, asked.rid, ack);
  return Verdict::done;
}

Verdict AccountRequests::register_account(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Reg>(request);
  const Asked asked = Asked::from(request);
  login::RegisterRequest reg;
  reg.name = wanted.name;
  reg.password = wanted.password;
  reg.place = {text(wanted.app), text(wanted.zone)};
  reg.address = session.connection().remote().ip_text();
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::passwords, share_of(reg.place),
      [&service, reg = std::move(reg)] { return service.register_account(reg); },
      [this, asked](Session& s, LoginResult<login::Registered> result) {
        if (!result) return refuse(s, asked, result.error());
        metrics().registrations.add();
        chat::answer(s.chat(), asked.rid,
                     protocol::RegAck{.id = result->member.id,
                                      .account = result->member.nickname,
                                      .name = result->member.nickname});
        return Verdict::done;
      });
}

// Members ------------------------------------------------------------------------------------------------------------------

Verdict AccountRequests::create_member(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::CreateMember>(request);
  const Asked asked = Asked::from(request);
  login::CreateMemberRequest create;
  create.account = session.chat().account;
  create.zone = session.chat().zone;
  create.nickname = wanted.nickname;
  create.avatar = wanted.avatar;
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::sql, session.chat().app.value,
      [&service, create = std::move(create)] { return service.create_member(create); },
      [this, asked](Session& s, LoginResult<ports::Member> member) {
        if (!member) return refuse(s, asked, member.error());
        chat::answer(
            s.chat(), asked.rid,
            protocol::CreateMemberAck{.id = member->id, .name = member->nickname, .avatar = member->avatar});
        return Verdict::done;
      });
}

Verdict AccountRequests::enter(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Enter>(request);
  const Asked asked = Asked::from(request);
  login::EnterRequest enter_as;
  enter_as.account = session.chat().account;
  enter_as.zone = session.chat().zone;
  enter_as.device = session.chat().device;
  enter_as.member = wanted.id;
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::sql, session.chat().app.value,
      [&service, enter_as = std::move(enter_as)] { return service.enter(enter_as); },
      [this, asked](Session& s, LoginResult<login::Entered> entered) {
        if (!entered) return refuse(s, asked, entered.error());
        s.chat().member_token = entered->token_id;
        if (shard_.close_if_revoked(s)) return Verdict::wait;
        shard_.node().revoke(ids_of(entered->dropped));
        shard_.enter_at_home(s, {.style = chat::EnterStyle::enter,
                                 .asked = asked,
                                 .member = std::move(entered->member),
                                 .zone = std::move(entered->zone),
                                 .account_name = {},
                                 .members = {},
                                 .token = std::move(entered->token),
                                 .token_expires_ms = entered->token_expires_ms,
                                 .replaces = s.chat().token_login});
        return Verdict::wait;
      });
}

// Ends and credentials -----------------------------------------------------------------------------------------------------

Verdict AccountRequests::log_out(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Loginout>(request);
  const Asked asked = Asked::from(request);
  chat::Session& chat = session.chat();
  if (wanted.id && chat.member && *wanted.id != chat.member->who.id) {
    return chat::refuse(
        chat, asked,
        {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  std::vector<TokenId> tokens;
  if (chat.login_token) tokens.push_back(chat.login_token);
  if (chat.member_token) tokens.push_back(chat.member_token);
  const AccountId account = chat.account;
  shard_.hub().leave(chat);
  const chat::SessionId id = chat.id;
  chat = {};
  chat.id = id;
  chat.out = &session;
  session.settle();
  const auto bye = [](Session& s, const Asked& to) {
    protocol::OkReply reply;
    reply.to = to.msgid;
    chat::answer(s.chat(), to.rid, reply);
    return Verdict::done;
  };
  if (!wanted.revoke || tokens.empty()) return bye(session, asked);
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::sql, session.chat().app.value,
      [&service, account, tokens] {
        LoginResult<std::vector<ports::Token>> result;
        for (const TokenId token : tokens) {
          result = service.revoke({.account = account, .device = std::nullopt, .only = token});
          if (!result) break;
        }
        return result;
      },
      [this, asked, bye, tokens](Session& s, const LoginResult<std::vector<ports::Token>>& result) {
        if (!result) return refuse(s, asked, result.error());
        shard_.node().revoke(tokens);
        return bye(s, asked);
      });
}

Verdict AccountRequests::change_password(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::ChangePassword>(request);
  const Asked asked = Asked::from(request);
  login::ChangePasswordRequest change;
  change.account = session.chat().account;
  change.password = wanted.password;
  change.new_password = wanted.new_password;
  change.address = session.connection().remote().ip_text();
  if (session.chat().login_token) change.keep.push_back(session.chat().login_token);
  if (session.chat().member_token) change.keep.push_back(session.chat().member_token);
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::passwords, session.chat().app.value,
      [&service, change = std::move(change)] { return service.change_password(change); },
      [this, asked](Session& s, const LoginResult<std::vector<ports::Token>>& revoked) {
        if (!revoked) return refuse(s, asked, revoked.error());
        shard_.node().close_account(s.chat().account, ids_of(*revoked), s);
        protocol::OkReply reply;
        reply.to = asked.msgid;
        chat::answer(s.chat(), asked.rid, reply);
        return Verdict::done;
      });
}

Verdict AccountRequests::list_tokens(Session& session, const protocol::Request& request) {
  const Asked asked = Asked::from(request);
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::sql, session.chat().app.value,
      [&service, account = session.chat().account] { return service.list_tokens(account); },
      [this, asked](Session& s, const LoginResult<std::vector<ports::Token>>& tokens) {
        if (!tokens) return refuse(s, asked, tokens.error());
        protocol::TokensAck ack;
        for (const auto& token : *tokens) {
          ack.tokens.push_back(
              {.id = token.id,
               .member = token.kind == ports::TokenKind::member,
               .device = token.device,
               .created_ms = token.created_ms,
               .expires_ms = token.expires_ms,
               .current = token.id == s.chat().login_token || token.id == s.chat().member_token});
        }
        chat::answer(s.chat(), asked.rid, ack);
        return Verdict::done;
      });
}

Verdict AccountRequests::revoke_token(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::RevokeToken>(request);
  const Asked asked = Asked::from(request);
  if (wanted.all && !*wanted.all) {
    return chat::refuse(session.chat(), asked,
                        {.error = Errno::bad_request, .field = "all", .allowed = "true"});
  }
  login::RevokeRequest revoke;
  revoke.account = session.chat().account;
  if (wanted.device) revoke.device = std::string(*wanted.device);
  revoke.only = wanted.token_id;
  login::LoginService& service = shard_.node().parts().login;
  return await(
      session, asked, Pool::sql, session.chat().app.value,
      [&service, revoke = std::move(revoke)] { return service.revoke(revoke); },
      [this, asked](Session& s, const LoginResult<std::vector<ports::Token>>& revoked) {
        if (!revoked) return refuse(s, asked, revoked.error());
        protocol::OkReply reply;
        reply.to = asked.msgid;
        chat::answer(s.chat(), asked.rid, reply);
        // After the answer: the own session may be among them.
        shard_.node().revoke(ids_of(*revoked));
        return Verdict::done;
      });
}

}  // namespace plaza::edge
