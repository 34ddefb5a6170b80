#include "client/chat/chat_session.h"

#include <chrono>

#include "client/chat/text.h"

namespace plaza::client::chat {

ChatSession::ChatSession(ClientOptions options, Account account, Frontend& frontend, UiQueue& queue)
    : options_(options),
      frontend_(frontend),
      queue_(queue),
      account_(std::move(account)),
      client_(std::move(options), *this) {}

ChatSession::~ChatSession() { stop(); }

void ChatSession::stop() {
  client_.stop();
  if (mover_.joinable()) mover_.join();
}

std::int64_t ChatSession::wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void ChatSession::start(Done done) {
  client_.start();
  if (account_.make_new) return register_account(account_.name, std::move(done));
  log_in(account_.name, std::move(done));
}

void ChatSession::run(const ParsedLine& line, Done done) {
  if (needs_member(line.command)) {
    if (const std::string why = why_nobody(); !why.empty()) return failed(why, std::move(done));
  }
  const std::string first = line.words.empty() ? std::string{} : line.words.front();
  switch (line.command) {
    case Command::say: return say(model_.open(), first, std::move(done));
    case Command::help: return help(line, std::move(done));
    case Command::register_: return register_account(first, std::move(done));
    case Command::login: return log_in(first, std::move(done));
    case Command::logout: return log_out(std::move(done));
    case Command::msg: return msg(line, std::move(done));
    case Command::open: return open_command(line, std::move(done));
    case Command::close: open(Conversation{}); return done(true);
    case Command::friends: return friends(false, std::move(done));
    case Command::who: return friends(true, std::move(done));
    case Command::add: return add_friend(first, std::move(done));
    case Command::accept: return answer_friend(first, true, std::move(done));
    case Command::refuse: return answer_friend(first, false, std::move(done));
    case Command::remove: return remove_friend(first, std::move(done));
    case Command::block: return block(first, true, std::move(done));
    case Command::unblock: return block(first, false, std::move(done));
    case Command::remark:
      return remark(first, line.words.size() > 1 ? line.words[1] : std::string{}, std::move(done));
    case Command::groups: return groups(std::move(done));
    case Command::create: return create_group(line, std::move(done));
    case Command::join: return join(first, std::move(done));
    case Command::leave: return leave(first, std::move(done));
    case Command::members: return members(first, std::move(done));
    case Command::invite:
    case Command::approve:
    case Command::decline:
    case Command::kick:
    case Command::ban:
    case Command::unban:
    case Command::mute:
    case Command::unmute:
    case Command::admin:
    case Command::unadmin:
    case Command::transfer: return act_on_member(line, std::move(done));
    case Command::set: return set_group(line, std::move(done));
    case Command::muteall:
    case Command::unmuteall: return mute_group(line, std::move(done));
    case Command::pin:
    case Command::unpin: return pin(line, std::move(done));
    case Command::dissolve: return dissolve(line, std::move(done));
    case Command::info: return group_info(first, std::move(done));
    case Command::requests:
    case Command::bans: return group_list(line, std::move(done));
    case Command::invitations: return invitations(std::move(done));
    case Command::history: return history(line, std::move(done));
    case Command::read: return read_all(std::move(done));
    case Command::report: return report(first, std::move(done));
    case Command::file: return send_file_command(line, std::move(done));
    case Command::get: return get_file_command(line, std::move(done));
    case Command::search: return search(first, std::move(done));
    case Command::reply: return reply(first, std::move(done));
    case Command::edit: return edit(first, std::move(done));
    case Command::recall: return recall(first, std::move(done));
    case Command::versions: return versions(first, std::move(done));
    case Command::find: return find(line, std::move(done));
    case Command::channels: return channels({}, {}, std::move(done));
    case Command::subscribe: return subscribe(line, std::move(done));
    case Command::unsubscribe: return unsubscribe(first, std::move(done));
    case Command::publish: return publish(line, std::move(done));
    case Command::password: return change_password(std::move(done));
    case Command::tokens: return tokens(std::move(done));
    case Command::revoke: return revoke(first, std::move(done));
    case Command::nick: return nick(first, std::move(done));
    case Command::status: return status(std::move(done));
    case Command::quit: done(true); return frontend_.quit(0);
    case Command::wait:
    case Command::expect: return failed("only scripts can wait and expect", std::move(done));
  }
}

// A request would wait for a session that nobody is about to begin.
std::string ChatSession::why_nobody() const {
  if (state_ != ClientState::ended && model_.self() != 0) return {};
  if (state_ == ClientState::choosing) return "choose a member first: /nick NAME";
  return "log in first: /login or /register";
}

CompletionNames ChatSession::completion_names() const {
  CompletionNames names;
  for (const auto& [id, person] : model_.people()) {
    if (person.name.empty()) continue;
    names.people.push_back(person.name);
    if (person.friendship == protocol::Friendship::asked) names.askers.push_back(person.name);
    if (person.friendship != protocol::Friendship::none) names.friends.push_back(person.name);
  }
  for (const auto& [id, group] : model_.groups()) {
    if (!group.name.empty() && group.mine) names.groups.push_back(group.name);
  }
  return names;
}

void ChatSession::with_person(const std::string& name, Done done, WithPerson go) {
  if (const Person* known = model_.find_person(name)) return go(known->id, std::move(done));
  protocol::Find request;
  request.nickname = name;
  ask_server(request, std::move(done), [this, go = std::move(go)](const Reply& reply, Done then) mutable {
    const auto* found = reply.get<protocol::FindAck>();
    Person& person = model_.person(found->id.value, found->name);
    person.online = found->online;
    go(person.id, std::move(then));
  });
}

void ChatSession::with_group(const std::string& name, Done done, WithConversation go) {
  if (name.empty()) {
    if (model_.open().is_group()) return go(model_.open(), std::move(done));
    return failed("name a group, e.g. #devs, or open it first", std::move(done));
  }
  const std::string bare = name.starts_with('#') ? name.substr(1) : name;
  if (const Group* known = model_.find_group(bare))
    return go(Conversation::group(known->id), std::move(done));
  protocol::Find request;
  request.groupname = bare;
  ask_server(request, std::move(done), [this, go = std::move(go)](const Reply& reply, Done then) mutable {
    const auto* found = reply.get<protocol::FindAck>();
    const bool known_before = model_.groups().contains(found->groupid.value);
    Group& group = model_.group(found->groupid.value, found->groupname);
    group.description = found->groupdesc;
    if (!known_before) group.mine = false;
    go(Conversation::group(group.id), std::move(then));
  });
}

void ChatSession::with_conversation(const std::string& name, Done done, WithConversation go) {
  if (name.starts_with('#')) return with_group(name, std::move(done), std::move(go));
  with_person(name, std::move(done), [go = std::move(go)](std::uint64_t member, Done then) mutable {
    go(Conversation::peer(member), std::move(then));
  });
}

Client::ReplyCallback ChatSession::here(std::move_only_function<void(const Reply&)> callback) {
  return [this, callback = std::move(callback)](const Reply& reply) mutable {
    queue_.post([callback = std::move(callback), reply]() mutable { callback(reply); });
  };
}

void ChatSession::refused(const Reply& reply, Done done) {
  const auto number = static_cast<std::uint64_t>(reply.error());
  tell(Record("error").add("errno", number).add("text", reply.text()), reply.text(), {}, Line::Kind::warning);
  done(false);
}
void ChatSession::failed(const std::string& why, Done done) {
  tell(Record("error").add("errno", std::uint64_t{0}).add("text", why), why, {}, Line::Kind::warning);
  done(false);
}
void ChatSession::succeeded(const Record& record, const std::string& human, Done done, Conversation where) {
  tell(record, human, where);
  done(true);
}
void ChatSession::tell(const Record& record, const std::string& human, Conversation where, Line::Kind kind) {
  frontend_.event(record, human, kind, where);
}

}  // namespace plaza::client::chat
