// Groups: make, join, leave, look into.
#include "client/chat/chat_session.h"

namespace plaza::client::chat {

using protocol::UserEntry;

void ChatSession::groups(Done done) {
  ask_server(protocol::Groups{}, std::move(done), [this](const Reply& reply, Done then) {
    std::string human;
    for (const protocol::GroupEntry& entry : reply.get<protocol::GroupsAck>()->groups) {
      Group& group = model_.group(entry.id.value, entry.groupname);
      group.description = entry.groupdesc;
      group.members = entry.members;
      group.mine = true;
      tell(Record("group")
               .add("name", entry.groupname)
               .add("id", entry.id.value)
               .add("description", entry.groupdesc)
               .add("members", std::uint64_t{entry.members})
               .add("role", protocol::to_text(entry.role)));
      human += std::string(human.empty() ? "" : "\n") + "  #" + entry.groupname + " (" +
               std::to_string(entry.members) + (entry.members == 1 ? " member" : " members") + ")" +
               (entry.groupdesc.empty() ? "" : ": " + entry.groupdesc);
    }
    if (human.empty()) human = "You are in no group yet: /create NAME or /join #GROUP.";
    succeeded(Record("ok").add("command", "/groups"), human, std::move(then));
  });
}

void ChatSession::create_group(const ParsedLine& line, Done done) {
  const std::string name = line.words[0].starts_with('#') ? line.words[0].substr(1) : line.words[0];
  protocol::CreateGroup request;
  request.groupname = name;
  if (line.words.size() > 1) request.groupdesc = line.words[1];
  ask_server(request, std::move(done), [this](const Reply& reply, Done then) {
    const auto* ack = reply.get<protocol::CreateGroupAck>();
    Group& group = model_.group(ack->groupid.value, ack->groupname);
    group.description = ack->groupdesc;
    group.members = 1;
    group.mine = true;
    const Conversation key = Conversation::group(group.id);
    open(key);
    succeeded(Record("ok").add("command", "/create").add("group", group.name).add("id", group.id),
              "You made #" + group.name + ". Others come in with: /join #" + group.name, std::move(then),
              key);
  });
}

void ChatSession::join(const std::string& what, Done done) {
  protocol::AddGroup request;
  const std::string bare = what.starts_with('#') ? what.substr(1) : what;
  const bool number = !what.starts_with('#') && what.size() <= 15 &&
                      what.find_first_not_of("0123456789") == std::string::npos;
  if (number) {
    request.groupid = RoomId{std::stoull(what)};
  } else {
    request.groupname = bare;
  }
  ask_server(request, std::move(done), [this](const Reply& reply, Done then) {
    const auto* ack = reply.get<protocol::AddGroupAck>();
    Group& group = model_.group(ack->groupid.value, ack->groupname);
    group.description = ack->groupdesc;
    group.members = static_cast<std::uint32_t>(ack->users.size());
    group.mine = true;
    for (const UserEntry& user : ack->users) model_.person(user.id.value, user.name).online = user.online;
    const Conversation key = Conversation::group(group.id);
    open(key);
    const std::string others = std::to_string(group.members) + (group.members == 1 ? " member" : " members");
    succeeded(Record("ok")
                  .add("command", "/join")
                  .add("group", group.name)
                  .add("id", group.id)
                  .add("members", std::uint64_t{group.members}),
              "You joined #" + group.name + " (" + others + ")" +
                  (group.description.empty() ? "" : ": " + group.description),
              std::move(then), key);
  });
}

void ChatSession::leave(const std::string& what, Done done) {
  with_group(what, std::move(done), [this](Conversation key, Done then) {
    ask_server(protocol::LeaveGroup{.groupid = RoomId{key.id}}, std::move(then),
               [this, key](const Reply&, Done after) {
                 model_.group(key.id).mine = false;
                 if (model_.open() == key) open(Conversation{});
                 succeeded(Record("ok").add("command", "/leave").add("group", model_.title(key).substr(1)),
                           "You left " + model_.title(key) + ".", std::move(after));
               });
  });
}

void ChatSession::members(const std::string& what, Done done) {
  with_group(what, std::move(done),
             [this](Conversation key, Done then) { members_page(key.id, 0, {}, std::move(then)); });
}

void ChatSession::members_page(std::uint64_t group, std::uint64_t after, std::vector<UserEntry> so_far,
                               Done done) {
  ask_server(protocol::GroupMembers{.groupid = RoomId{group}, .after_id = MemberId{after}}, std::move(done),
             [this, group, so_far = std::move(so_far)](const Reply& reply, Done then) mutable {
               const auto* page = reply.get<protocol::GroupMembersAck>();
               so_far.insert(so_far.end(), page->users.begin(), page->users.end());
               if (page->more && !page->users.empty()) {
                 return members_page(group, page->users.back().id.value, std::move(so_far), std::move(then));
               }
               model_.group(group).members = static_cast<std::uint32_t>(so_far.size());
               std::string human = model_.title(Conversation::group(group)) + ":";
               for (const UserEntry& user : so_far) {
                 model_.person(user.id.value, user.name).online = user.online;
                 tell(Record("member")
                          .add("name", user.name)
                          .add("id", user.id.value)
                          .add("role", protocol::to_text(user.role))
                          .add("state", user.online ? "online" : "offline"));
                 human += std::string("\n  ") + (user.online ? "\u25CF " : "\u25CB ") + user.name;
                 if (user.role != protocol::Role::member)
                   human += std::string(", ") + std::string(protocol::to_text(user.role));
               }
               succeeded(Record("ok").add("command", "/members").add("members", std::uint64_t{so_far.size()}),
                         human, std::move(then));
               frontend_.changed();
             });
}

}  // namespace plaza::client::chat
