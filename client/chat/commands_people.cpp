// Friends, requests and blocks.
#include "client/chat/chat_session.h"

namespace plaza::client::chat {

using protocol::FriendEntry;
using protocol::Friendship;

void ChatSession::friends(bool online_only, Done done) { friends_page(online_only, 0, {}, std::move(done)); }

void ChatSession::friends_page(bool online_only, std::uint64_t after, std::vector<FriendEntry> so_far,
                               Done done) {
  ask_server(
      protocol::Friends{.after_id = MemberId{after}}, std::move(done),
      [this, online_only, so_far = std::move(so_far)](const Reply& reply, Done then) mutable {
        const auto* page = reply.get<protocol::FriendsAck>();
        so_far.insert(so_far.end(), page->friends.begin(), page->friends.end());
        if (page->more && !page->friends.empty()) {
          return friends_page(online_only, page->friends.back().id.value, std::move(so_far), std::move(then));
        }
        std::string human;
        for (const FriendEntry& entry : so_far) {
          Person& person = model_.person(entry.id.value, entry.name);
          person.online = entry.online;
          person.friendship = entry.friendship;
          person.blocked = entry.blocked;
          person.remark = entry.remark;
          if (online_only && !(entry.online && entry.friendship == Friendship::friends)) continue;
          tell(Record("friend")
                   .add("name", entry.name)
                   .add("id", entry.id.value)
                   .add("state", entry.online ? "online" : "offline")
                   .add("friendship", protocol::to_text(entry.friendship))
                   .add("remark", entry.remark)
                   .add_flag("blocked", entry.blocked));
          human += std::string(human.empty() ? "" : "\n") + (entry.online ? "  \u25CF " : "  \u25CB ") +
                   entry.name;
          if (!entry.remark.empty()) human += " (" + entry.remark + ")";
          if (entry.friendship == Friendship::requested) human += ", asked by you";
          if (entry.friendship == Friendship::asked) human += ", wants to be your friend: /accept or /refuse";
          if (entry.blocked) human += ", blocked";
        }
        if (human.empty())
          human = online_only ? "None of your friends is online." : "No friends yet: /add NAME.";
        succeeded(Record("ok").add("command", online_only ? "/who" : "/friends"), human, std::move(then));
        frontend_.changed();
      });
}

void ChatSession::add_friend(const std::string& name, Done done) {
  with_person(name, std::move(done), [this](std::uint64_t member, Done then) {
    protocol::AddFriend request;
    request.friendid = MemberId{member};
    ask_server(request, std::move(then), [this](const Reply& reply, Done after) {
      const auto* ack = reply.get<protocol::AddFriendAck>();
      Person& person = model_.person(ack->friendid.value, ack->name);
      person.friendship = ack->friendship;
      person.online = ack->online;
      const bool friends_now = ack->friendship == Friendship::friends;
      succeeded(Record("ok")
                    .add("command", "/add")
                    .add("name", person.name)
                    .add("id", person.id)
                    .add("friendship", protocol::to_text(ack->friendship)),
                friends_now ? "You and " + person.name + " are friends now."
                            : person.name + " is asked; you will hear when they answer.",
                std::move(after));
      frontend_.changed();
    });
  });
}

void ChatSession::answer_friend(const std::string& name, bool accept, Done done) {
  with_person(name, std::move(done), [this, accept](std::uint64_t member, Done then) {
    ask_server(protocol::AnswerFriend{.friendid = MemberId{member}, .accept = accept}, std::move(then),
               [this, member, accept](const Reply&, Done after) {
                 Person& person = model_.person(member);
                 person.friendship = accept ? Friendship::friends : Friendship::none;
                 succeeded(
                     Record("ok").add("command", accept ? "/accept" : "/refuse").add("name", person.name),
                     accept ? "You and " + person.name + " are friends now." : "Refused.", std::move(after));
                 frontend_.changed();
               });
  });
}

void ChatSession::remove_friend(const std::string& name, Done done) {
  with_person(name, std::move(done), [this](std::uint64_t member, Done then) {
    ask_server(protocol::RemoveFriend{.friendid = MemberId{member}}, std::move(then),
               [this, member](const Reply&, Done after) {
                 Person& person = model_.person(member);
                 person.friendship = Friendship::none;
                 succeeded(Record("ok").add("command", "/remove").add("name", person.name),
                           person.name + " is removed from your friends.", std::move(after));
                 frontend_.changed();
               });
  });
}

void ChatSession::block(const std::string& name, bool blocked, Done done) {
  with_person(name, std::move(done), [this, blocked](std::uint64_t member, Done then) {
    ask_server(protocol::Block{.friendid = MemberId{member}, .blocked = blocked}, std::move(then),
               [this, member, blocked](const Reply&, Done after) {
                 Person& person = model_.person(member);
                 person.blocked = blocked;
                 succeeded(
                     Record("ok").add("command", blocked ? "/block" : "/unblock").add("name", person.name),
                     blocked ? person.name + " is blocked: their messages no longer reach you."
                             : person.name + " may write to you again.",
                     std::move(after));
               });
  });
}

void ChatSession::remark(const std::string& name, const std::string& note, Done done) {
  with_person(name, std::move(done), [this, note](std::uint64_t member, Done then) {
    ask_server(protocol::Remark{.friendid = MemberId{member}, .remark = note}, std::move(then),
               [this, member, note](const Reply&, Done after) {
                 Person& person = model_.person(member);
                 person.remark = note;
                 succeeded(
                     Record("ok").add("command", "/remark").add("name", person.name).add("remark", note),
                     note.empty() ? "Your note on " + person.name + " is gone." : person.name + ": " + note,
                     std::move(after));
               });
  });
}

}  // namespace plaza::client::chat
