// Who one is: accounts, passwords, sessions, members.
#include <algorithm>
#include <memory>
#include <utility>

#include "client/chat/chat_session.h"
#include "client/chat/text.h"

namespace plaza::client::chat {

using protocol::Errno;

void ChatSession::log_in(std::string name, Done done) {
  if (state_ == ClientState::online)
    return failed("you are logged in as " + model_.self_name() + "; /logout first", std::move(done));
  if (name.empty()) {
    return frontend_.ask("Your name (new here? choose one): ", Secret::no,
                         [this, done = std::move(done)](auto answer) mutable {
                           if (!answer || answer->empty())
                             return failed("not logged in; /login or /register when you are ready",
                                           std::move(done));
                           log_in(*answer, std::move(done));
                         });
  }
  if (!account_.password.empty()) return log_in_with(name, account_.password, std::move(done));
  frontend_.ask("Password of " + name + ": ", Secret::yes,
                [this, name, done = std::move(done)](auto answer) mutable {
                  if (!answer || answer->empty())
                    return failed("not logged in; /login or /register when you are ready", std::move(done));
                  log_in_with(name, std::move(*answer), std::move(done));
                });
}

void ChatSession::log_in_with(std::string name, std::string password, Done done, int tries) {
  const Credentials credentials{.name = name, .password = password};
  client_.login(
      credentials, here([this, name, password, tries, done = std::move(done)](const Reply& reply) mutable {
        if (reply.ok()) return succeeded(Record("login").add("name", name), {}, std::move(done));
        if (reply.error() == Errno::bad_credentials && account_.password.empty()) {
          return offer_registration(std::move(name), std::move(password), std::move(done));
        }
        // A failed login of a moment ago makes the next one wait a second: wait for the person.
        const std::uint64_t wait_ms = reply.message.refusal.retry_after_ms;
        if (reply.error() == Errno::login_limited && wait_ms <= 5000 && tries < 3) {
          return client_.post_later(static_cast<std::int64_t>(wait_ms), [this, name, password, tries,
                                                                         done = std::move(done)]() mutable {
            queue_.post([this, name, password, tries, done = std::move(done)]() mutable {
              log_in_with(std::move(name), std::move(password), std::move(done), tries + 1);
            });
          });
        }
        if (reply.error() == Errno::already_logged_in) {
          return failed(name + " is already logged in on this device (" + options_.device +
                            "); start with --device NAME to have both",
                        std::move(done));
        }
        const std::string before = std::exchange(registration_refusal_, {});
        if (!before.empty()) {
          return failed("not registered: " + before + "; not logged in: " + reply.text(), std::move(done));
        }
        refused(reply, std::move(done));
      }));
}

void ChatSession::offer_registration(std::string name, std::string password, Done done) {
  const std::string question = "No account has this name and password. Register " + name +
                               " as a new one? [y/N] ";
  frontend_.ask(question, Secret::no, [this, name, password, done = std::move(done)](auto answer) mutable {
    if (!answer || !(starts_with_ignoring_case(*answer, "y"))) {
      return failed("wrong name or password; /login tries again", std::move(done));
    }
    frontend_.ask("The password once more: ", Secret::yes,
                  [this, name, password, done = std::move(done)](auto again) mutable {
                    if (!again) return failed("not registered", std::move(done));
                    if (*again != password)
                      return failed("the two passwords differ; /register tries again", std::move(done));
                    register_with(std::move(name), std::move(password), std::move(done));
                  });
  });
}

void ChatSession::ask_new_password(const std::string& label,
                                   std::function<void(std::optional<std::string>)> answer) {
  frontend_.ask(label, Secret::yes, [this, answer](auto first) {
    if (!first || first->empty()) return answer(std::nullopt);
    frontend_.ask("Once more: ", Secret::yes, [this, answer, first = *first](auto second) {
      if (second && *second == first) return answer(first);
      if (second)
        tell(Record("note").add("text", "the two differ"), "The two differ.", {}, Line::Kind::warning);
      answer(std::nullopt);
    });
  });
}

void ChatSession::register_account(std::string name, Done done) {
  if (state_ == ClientState::online)
    return failed("you are logged in as " + model_.self_name() + "; /logout first", std::move(done));
  if (name.empty()) {
    return frontend_.ask("Choose a name: ", Secret::no, [this, done = std::move(done)](auto answer) mutable {
      if (!answer || answer->empty()) return failed("not registered", std::move(done));
      register_account(*answer, std::move(done));
    });
  }
  if (!account_.password.empty()) return register_with(name, account_.password, std::move(done));
  const auto shared = std::make_shared<Done>(std::move(done));
  ask_new_password("Choose a password for " + name + ": ",
                   [this, name, shared](std::optional<std::string> password) {
                     if (!password)
                       return failed("not registered; /register tries again", std::move(*shared));
                     register_with(name, *password, std::move(*shared));
                   });
}

void ChatSession::register_with(std::string name, std::string password, Done done) {
  client_.register_account(
      name, password, here([this, name, password, done = std::move(done)](const Reply& reply) mutable {
        // --register means: make it when there is none.
        const bool taken = reply.error() == Errno::name_taken || reply.error() == Errno::reg_failed;
        if (taken && std::exchange(account_.make_new, false) && !account_.password.empty()) {
          registration_refusal_ = reply.text();
          return log_in_with(std::move(name), std::move(password), std::move(done));
        }
        if (!reply.ok()) return refused(reply, std::move(done));
        tell(Record("registered").add("name", name).add("id", reply.get<protocol::RegAck>()->id.value),
             "Welcome, " + name + ": your account is made.");
        log_in_with(std::move(name), std::move(password), std::move(done));
      }));
}

void ChatSession::log_out(Done done) {
  const bool nobody = state_ == ClientState::connected || state_ == ClientState::offline;
  if (nobody && model_.self() == 0) return failed("you are not logged in", std::move(done));
  client_.logout(true, here([this, done = std::move(done)](const Reply& reply) mutable {
                   if (!reply.ok()) return refused(reply, std::move(done));
                   model_.forget();
                   open(Conversation{});
                   succeeded(Record("ok").add("command", "/logout"), "Logged out. /login or /quit.",
                             std::move(done));
                 }));
}

void ChatSession::change_password(Done done) {
  frontend_.ask("Your present password: ", Secret::yes, [this, done = std::move(done)](auto old) mutable {
    if (!old) return failed("the password is as it was", std::move(done));
    const auto shared = std::make_shared<Done>(std::move(done));
    ask_new_password("The new password: ", [this, old = *old, shared](std::optional<std::string> fresh) {
      if (!fresh) return failed("the password is as it was", std::move(*shared));
      const protocol::ChangePassword request{.password = old, .new_password = *fresh};
      ask_server(request, std::move(*shared), [this](const Reply&, Done then) {
        succeeded(Record("ok").add("command", "/password"),
                  "The password is changed; all your other sessions are ended.", std::move(then));
      });
    });
  });
}

void ChatSession::tokens(Done done) {
  ask_server(protocol::Tokens{}, std::move(done), [this](const Reply& reply, Done then) {
    std::string human = "Where you are logged in (/revoke ID ends one):";
    for (const protocol::TokenEntry& token : reply.get<protocol::TokensAck>()->tokens) {
      tell(Record("token")
               .add("id", token.id.value)
               .add("kind", token.member ? "member" : "account")
               .add("device", token.device)
               .add("created_ms", static_cast<std::uint64_t>(token.created_ms))
               .add("expires_ms", static_cast<std::uint64_t>(token.expires_ms))
               .add_flag("current", token.current));
      std::string id = std::to_string(token.id.value);
      id.resize(std::max<std::size_t>(id.size(), 6), ' ');
      human += "\n  " + id + "  " + token.device + (token.member ? "" : " (account)") + ", until " +
               day_text(token.expires_ms) + (token.current ? " (this one)" : "");
    }
    succeeded(Record("ok").add("command", "/tokens"), human, std::move(then));
  });
}

void ChatSession::revoke(const std::string& what, Done done) {
  protocol::RevokeToken request;
  const bool number = !what.empty() && what.find_first_not_of("0123456789") == std::string::npos &&
                      what.size() <= 15;
  if (what == "all") {
    request.all = true;
  } else if (number) {
    request.token_id = TokenId{std::stoull(what)};
  } else {
    request.device = what;
  }
  ask_server(request, std::move(done), [this](const Reply&, Done then) {
    succeeded(Record("ok").add("command", "/revoke"), "Ended.", std::move(then));
  });
}

void ChatSession::nick(const std::string& name, Done done) {
  if (name.empty()) {
    std::string human = model_.self() == 0 ? "You have entered no member."
                                           : "You are " + model_.self_name() + ".";
    for (const protocol::MemberEntry& member : own_members_) human += "\n  " + member.name;
    return succeeded(Record("ok").add("command", "/nick").add("name", model_.self_name()), human,
                     std::move(done));
  }
  if (state_ != ClientState::choosing) {
    if (const std::string why = why_nobody(); !why.empty()) return failed(why, std::move(done));
  }
  const auto enter = [this](std::uint64_t member, Done then) {
    client_.enter(member, here([this, then = std::move(then)](const Reply& reply) mutable {
                    if (!reply.ok()) return refused(reply, std::move(then));
                    succeeded(Record("ok").add("command", "/nick").add("name", model_.self_name()), {},
                              std::move(then));
                  }));
  };
  for (const protocol::MemberEntry& member : own_members_) {
    if (equal_ignoring_case(member.name, name)) return enter(member.id.value, std::move(done));
  }
  client_.create_member(name, {}, here([this, enter, done = std::move(done)](const Reply& reply) mutable {
                          const auto* made = reply.get<protocol::CreateMemberAck>();
                          if (!reply.ok() || made == nullptr) return refused(reply, std::move(done));
                          own_members_.push_back({made->id, made->name, made->avatar});
                          tell(Record("created").add("name", made->name).add("id", made->id.value),
                               "Made " + made->name + ".");
                          enter(made->id.value, std::move(done));
                        }));
}

}  // namespace plaza::client::chat
