// What the server says by itself: into the model and to the person.
#include <utility>

#include "client/chat/chat_session.h"
#include "client/chat/message_change_text.h"
#include "client/chat/text.h"
#include "protocol/group_change.h"

namespace plaza::client::chat {

using protocol::FriendEventKind;
using protocol::Friendship;
using protocol::GroupEventKind;

void ChatSession::on_state(ClientState state, const std::string& why) {
  queue_.post([this, state, why] { show_state(state, why); });
}

void ChatSession::show_state(ClientState state, const std::string& why) {
  const bool told = state == state_ && why == state_why_;
  state_ = state;
  state_why_ = why;
  if (told) return;
  const Record record = Record("state").add("state", state_name(state)).add("why", why);
  std::string human;
  // Once per outage; the header shows how it goes on.
  if (state == ClientState::waiting && !std::exchange(told_waiting_, true)) {
    human = was_online_ ? "Connection lost: " + why + ". Reconnecting; what you type is sent then."
                        : why + "; trying again.";
  }
  // Before that the one who logs in is told as the answer.
  if (state == ClientState::ended && was_online_)
    human = "Session ended: " + why + ". Type /login to come back.";
  if (state == ClientState::online && was_online_) human = "Connected again.";
  if (state == ClientState::online || state == ClientState::connected) told_waiting_ = false;
  if (state == ClientState::online) was_online_ = true;
  if (state == ClientState::ended || state == ClientState::connected) was_online_ = false;
  tell(record, human, {}, state == ClientState::online ? Line::Kind::notice : Line::Kind::warning);
  frontend_.changed();
}

void ChatSession::on_members(const std::vector<protocol::MemberEntry>& members) {
  queue_.post([this, members] { own_members_ = members; });
}

void ChatSession::on_choose(const std::vector<protocol::MemberEntry>& members) {
  queue_.post([this, members] {
    own_members_ = members;
    std::string human = members.empty() ? "You have no member here yet: /nick NAME makes one."
                                        : "Enter one of your members with /nick:";
    for (const protocol::MemberEntry& member : members) {
      human += "\n  " + member.name;
      tell(Record("choice").add("id", member.id.value).add("name", member.name));
    }
    tell(Record("choose").add("members", std::uint64_t{members.size()}), human);
  });
}

void ChatSession::on_entered(const protocol::EnterAck& ack) {
  queue_.post([this, ack] {
    const bool first = model_.self() != ack.id.value;
    if (!ack.token.empty()) member_token_ = ack.token;
    model_.entered(ack);
    tell(Record("me").add("id", ack.id.value).add("name", ack.name),
         first ? "You are " + ack.name + ". Type /help for what you can do." : std::string{});
    for (const auto& [id, person] : model_.people()) {
      if (!first || person.friendship != Friendship::asked) continue;
      tell(Record("friend").add("event", "requested").add("name", person.name).add("id", id),
           person.name + " wants to be your friend: /accept " + person.name + " or /refuse " + person.name);
    }
    if (ack.more) load_friends({});
    load_conversations({});
    frontend_.changed();
  });
}

// The answer to ENTER lists only the first of many.
void ChatSession::load_friends(MemberId after) {
  protocol::Friends request;
  request.after_id = after;
  client_.request(request, here([this](const Reply& reply) {
                    const auto* page = reply.get<protocol::FriendsAck>();
                    if (page == nullptr) return;  // asked again at the next login
                    for (const protocol::FriendEntry& entry : page->friends) model_.relation(entry);
                    if (page->more && !page->friends.empty()) load_friends(page->friends.back().id);
                    frontend_.changed();
                  }));
}

void ChatSession::load_conversations(std::string after) {
  protocol::Conversations request;
  request.after = after;
  client_.request(request, here([this](const Reply& reply) {
                    const auto* page = reply.get<protocol::ConversationsAck>();
                    if (page == nullptr) return;  // asked again at the next login; messages come without it
                    for (const protocol::Conversation& one : page->conversations) {
                      if (one.friendid || one.groupid) model_.conversation(one);  // not the server's
                    }
                    if (page->more && !page->after.empty()) load_conversations(page->after);
                    frontend_.changed();
                  }));
}

void ChatSession::on_message(const Message& message) {
  queue_.post([this, message] { show_message(message); });
}

void ChatSession::show_message(const Message& message) {
  if (message.sender == 0 && !message.conversation.is_group()) return show_announcement(message);
  model_.message(message);
  if (message.kind == BodyKind::event) return show_group_change(message);
  if (message.kind == BodyKind::change) return show_message_change(message);
  Record record("message");
  record.add(message.conversation.is_group() ? "group" : "with",
             message.conversation.is_group() ? model_.title(message.conversation).substr(1)
                                             : model_.title(message.conversation));
  record.add("from", message.mine ? model_.self_name() : message.sender_name);
  if (message.reply_to != 0) record.add("reply_to", message.reply_to);
  if (message.edits != 0) record.add("edits", std::uint64_t{message.edits});
  if (message.recalled) record.add_flag("recalled", true);
  if (message.kind != BodyKind::text) record.add("kind", static_cast<std::uint64_t>(message.kind));
  record.add("text", message.body).add("seq", message.seq).add("cseq", message.cseq).add("id", message.id);
  tell(record.add("time_ms", static_cast<std::uint64_t>(message.time_ms)).add_flag("mine", message.mine));
  frontend_.changed();
}

/// A message was taken back or edited: its line shows it by now.
void ChatSession::show_message_change(const Message& message) {
  Record record("edit");
  record.add("with", model_.title(message.conversation));
  record.add("from", message.mine ? model_.self_name() : message.sender_name);
  record.add("change", change_word(message.change)).add("target", message.change.target);
  record.add("text", message.body).add("cseq", message.cseq);
  tell(record);
  frontend_.changed();
}

/// What the server says to many belongs to no talk: it stands among the notices, and is read when it is shown there.
void ChatSession::show_announcement(const Message& message) {
  tell(Record("announcement")
           .add("from", message.sender_name)
           .add("text", message.body)
           .add("seq", message.seq)
           .add("cseq", message.cseq)
           .add("time_ms", static_cast<std::uint64_t>(message.time_ms)),
       message.sender_name + " announces: " + message.body, {}, Line::Kind::warning);
  client_.mark_read(message.conversation, message.cseq);
  frontend_.changed();
}

/// A change of a group stands in its conversation like what was said.
void ChatSession::show_group_change(const Message& message) {
  const auto change = protocol::read_group_change(message.body);
  Record record("change");
  record.add("group", model_.title(message.conversation).substr(1));
  if (change) {
    const std::uint64_t id = message.conversation.id;
    if (!change->groupname.empty()) model_.group(id, change->groupname);
    const bool out = change->event == "left" || change->event == "kicked" || change->event == "banned";
    const bool me = change->member.value == model_.self();
    if (change->event == "dissolved" || (me && out)) model_.group(id).mine = false;
    if (me && change->event == "joined") model_.group(id).mine = true;
    record.add("event", change->event).add("by", change->by_name).add("name", change->member_name);
    record.add("version", change->version);
  }
  tell(record.add("cseq", message.cseq));
  frontend_.changed();
}

void ChatSession::on_gap(const Gap& gap) {
  queue_.post([this, gap] {
    if (gap.restarted() && !gap.conversation) {
      model_.restarted();
      load_conversations({});
    }
    tell(Record("gap").add("from", gap.from).add("to", gap.to).add("epoch", gap.epoch),
         gap.restarted() ? "The server was put back to an earlier state: what it has is shown again."
                         : "Some messages are so old that the server no longer has them.",
         {}, Line::Kind::warning);
  });
}

void ChatSession::on_receipt(const protocol::ReceiptPush& receipt) {
  queue_.post([this, receipt] {
    if (!receipt.friendid && !receipt.groupid) return;  // of the announcements, read on another device
    model_.receipt(receipt);
    const Conversation key = receipt.groupid ? Conversation::group(receipt.groupid.value)
                                             : Conversation::peer(receipt.friendid.value);
    tell(Record("receipt")
             .add("with", model_.title(key))
             .add("from", model_.name_of(receipt.id.value))
             .add("delivered", receipt.delivered)
             .add("read", receipt.read));
    frontend_.changed();
  });
}

void ChatSession::on_presence(const protocol::PresencePush& presence) {
  queue_.post([this, presence] {
    Person& person = model_.person(presence.id.value);
    const bool news = person.online != presence.online;
    person.online = presence.online;
    const std::string name = model_.name_of(person.id);
    const Conversation talk = Conversation::peer(person.id);
    // In the talk with them when there is one, otherwise among the notices of the program.
    const std::string human = news ? name + (presence.online ? " is online" : " went offline")
                                   : std::string{};
    const Record record = Record("presence")
                              .add("name", name)
                              .add("id", person.id)
                              .add("state", presence.online ? "online" : "offline");
    tell(record);
    if (!human.empty()) {
      const bool has_talk = model_.find_talk(talk) != nullptr && !model_.find_talk(talk)->lines.empty();
      model_.notice(has_talk ? talk : Conversation{}, human, Line::Kind::notice, wall_ms());
    }
    frontend_.changed();
  });
}

void ChatSession::on_friend_event(const protocol::FriendEventPush& event) {
  queue_.post([this, event] { show_friend_event(event); });
}

void ChatSession::on_member_event(const protocol::MemberEventPush& event) {
  queue_.post([this, event] {
    const std::string before = model_.person(event.id.value).name;
    Person& person = model_.person(event.id.value, event.name);
    if (before.empty() || person.name == before) return;
    tell(Record("renamed").add("id", person.id).add("name", person.name).add("before", before),
         before + " is called " + person.name + " now.");
    frontend_.changed();
  });
}

void ChatSession::show_friend_event(const protocol::FriendEventPush& event) {
  Person& person = model_.person(event.friendid.value, event.name);
  const std::string& name = person.name;
  std::string human;
  switch (event.event) {
    case FriendEventKind::requested:
      person.friendship = Friendship::asked;
      human = name + " wants to be your friend: /accept " + name + " or /refuse " + name;
      break;
    case FriendEventKind::friends:
      person.friendship = Friendship::friends;
      human = "You and " + name + " are friends now.";
      person.online = event.online;
      break;
    case FriendEventKind::refused:
      person.friendship = Friendship::none;
      human = name + " does not want to be your friend.";
      break;
    case FriendEventKind::removed:
      person.friendship = Friendship::none;
      human = "You and " + name + " are no longer friends.";
      break;
  }
  tell(Record("friend").add("event", protocol::to_text(event.event)).add("name", name).add("id", person.id),
       human);
  frontend_.changed();
}

void ChatSession::on_group_event(const protocol::GroupEventPush& event) {
  queue_.post([this, event] {
    Group& group = model_.group(event.groupid.value, event.groupname);
    const bool joined = event.event == GroupEventKind::joined;
    const bool gone = event.event == GroupEventKind::left || event.event == GroupEventKind::removed;
    if (joined) ++group.members;
    if (gone && group.members > 0) --group.members;
    if (event.id.value == model_.self() && (joined || gone)) group.mine = joined;
    if (event.event == GroupEventKind::dissolved) group.mine = false;
    const Conversation key = Conversation::group(group.id);
    tell(Record("group")
             .add("event", protocol::to_text(event.event))
             .add("group", model_.title(key).substr(1))
             .add("name", event.name)
             .add("id", event.id.value));
    // Who came and went stands in the group's order; what is for oneself alone is told here.
    switch (event.event) {
      case GroupEventKind::requested:
        model_.notice(key, event.name + " asks to join: /approve or /decline", Line::Kind::notice, wall_ms());
        break;
      case GroupEventKind::invited:
        model_.notice({}, event.name + " invites you: /join " + model_.title(key), Line::Kind::notice,
                      wall_ms());
        break;
      case GroupEventKind::refused:
        model_.notice({}, model_.title(key) + " did not let you in", Line::Kind::notice, wall_ms());
        break;
      default: break;
    }
    frontend_.changed();
  });
}

}  // namespace plaza::client::chat
