#include "tests/sim/archive.h"

#include <algorithm>

#include "base/check.h"

namespace plaza::sim {

using client::Conversation;
using client::Message;
using Action = client::Change::Action;

namespace {

ports::ReadRequest all_after(ports::StreamId stream, std::uint64_t from) {
  ports::ReadRequest request;
  request.stream = stream;
  request.from = from;
  request.entries_max = 1'000'000;
  request.bytes_max = std::size_t{1} << 40U;
  return request;
}

/// As a client would be told of it.
Message told(const ports::Message& from) {
  Message message{.sender = from.sender.value,
                  .kind = static_cast<client::BodyKind>(from.kind),
                  .body = from.body,
                  .id = from.id.value,
                  .cseq = from.conversation_seq,
                  .send_id = from.send_id,
                  .device = from.device,
                  .recalled = from.recalled()};
  if (from.extra) message.edits = static_cast<std::uint32_t>(from.extra->edits.size());
  if (const ports::MessageChange* const change = from.change()) {
    message.change.action = change->action == ports::ChangeAction::recall ? Action::recall : Action::edit;
    message.change.target = change->target;
    message.change.kind = static_cast<client::BodyKind>(change->kind);
  }
  return message;
}

Message in_inbox(std::uint64_t member, const ports::Entry& entry, std::uint32_t epoch) {
  Message message = told(*entry.message);
  const auto& conversation = entry.message->conversation;
  message.conversation = conversation.kind() == ports::StreamKind::room
                             ? Conversation::group(conversation.first())
                             : Conversation::peer(conversation.peer_of(MemberId{member}).value);
  message.epoch = epoch;
  message.seq = entry.seq;
  message.mine = message.sender == member;
  return message;
}

Message in_group(std::uint64_t group, const ports::Entry& entry) {
  Message message = told(*entry.message);
  message.conversation = Conversation::group(group);
  return message;
}

/// Appends it, or puts it in the place of what was read before.
void put(std::vector<Message>& entries, std::uint64_t seq, Message message) {
  if (seq <= entries.size()) {
    entries[seq - 1] = std::move(message);
  } else {
    entries.push_back(std::move(message));
  }
}

Archive::Place place_of(std::uint64_t member, Conversation conversation) {
  if (conversation.is_group()) return {0, conversation.id};
  return std::minmax(member, conversation.id);
}

}  // namespace

void Archive::read_new(ports::StreamStore& store) {
  for (tests::Inbox& inbox : run_.inboxes) {
    store.read(all_after(ports::StreamId::inbox(MemberId{inbox.member}), inbox.entries.size()),
               [&inbox](Result<ports::Page, ports::StoreError> page) {
                 PLAZA_CHECK(page.has_value());
                 inbox.head = page->head.head;
                 inbox.trimmed = page->head.trimmed;
                 for (const ports::Entry& entry : page->entries)
                   put(inbox.entries, entry.seq, in_inbox(inbox.member, entry, page->head.epoch));
               });
  }
  // All groups: which of them are large ones is known at the end.
  for (tests::LargeGroup& group : run_.large_groups) {
    store.read(all_after(ports::StreamId::room(RoomId{group.group}), group.entries.size()),
               [&group](Result<ports::Page, ports::StoreError> page) {
                 PLAZA_CHECK(page.has_value());
                 group.trimmed = page->head.trimmed;
                 for (const ports::Entry& entry : page->entries)
                   put(group.entries, entry.seq, in_group(group.group, entry));
               });
  }
}

void Archive::read_again(ports::StreamStore& store, const std::vector<std::uint64_t>& members) {
  for (tests::Inbox& inbox : run_.inboxes) {
    store.read(all_after(ports::StreamId::inbox(MemberId{inbox.member}), 0),
               [this, &inbox](Result<ports::Page, ports::StoreError> page) {
                 PLAZA_CHECK(page.has_value());
                 for (const ports::Entry& entry : page->entries) {
                   Message message = in_inbox(inbox.member, entry, page->head.epoch);
                   now_[message.id] = message;
                   put(inbox.entries, entry.seq, std::move(message));
                 }
               });
  }
  for (tests::LargeGroup& group : run_.large_groups) {
    store.read(all_after(ports::StreamId::room(RoomId{group.group}), 0),
               [this, &group](Result<ports::Page, ports::StoreError> page) {
                 PLAZA_CHECK(page.has_value());
                 for (const ports::Entry& entry : page->entries) {
                   Message message = in_group(group.group, entry);
                   now_[message.id] = message;
                   put(group.entries, entry.seq, std::move(message));
                 }
               });
  }
  for (const std::uint64_t one : members) {
    for (const std::uint64_t other : members) {
      if (one <= other) read_pair(store, one, other);
    }
  }
}

void Archive::read_pair(ports::StreamStore& store, std::uint64_t one, std::uint64_t other) {
  store.read(all_after(ports::StreamId::pair(MemberId{one}, MemberId{other}), 0),
             [this](Result<ports::Page, ports::StoreError> page) {
               PLAZA_CHECK(page.has_value());
               for (const ports::Entry& entry : page->entries)
                 now_[entry.message->id.value] = told(*entry.message);
             });
}

void Archive::note_change(const Place& place, const Message& entry) {
  if (entry.change.action != Action::none) changes_[place][entry.change.target][entry.cseq] = entry;
}

void Archive::complete() {
  for (const tests::Inbox& inbox : run_.inboxes) {
    for (const Message& entry : inbox.entries) note_change(place_of(inbox.member, entry.conversation), entry);
  }
  for (const tests::LargeGroup& group : run_.large_groups) {
    for (const Message& entry : group.entries) note_change({0, group.group}, entry);
  }
  for (tests::Inbox& inbox : run_.inboxes) {
    for (std::uint64_t seq = 1; seq <= inbox.trimmed && seq <= inbox.entries.size(); ++seq) {
      Message& entry = inbox.entries[seq - 1];
      complete(entry, place_of(inbox.member, entry.conversation));
    }
  }
  for (tests::LargeGroup& group : run_.large_groups) {
    for (std::uint64_t cseq = 1; cseq <= group.trimmed && cseq <= group.entries.size(); ++cseq)
      complete(group.entries[cseq - 1], {0, group.group});
  }
}

void Archive::complete(Message& entry, const Place& place) {
  if (const auto still = now_.find(entry.id); still != now_.end()) {
    entry.body = still->second.body;
    entry.edits = still->second.edits;
    entry.recalled = still->second.recalled;
    return;
  }
  const bool edit = entry.change.action == Action::edit;
  const auto of = changes_.find(place);
  if (of == changes_.end()) return;
  const auto changes = of->second.find(edit ? entry.change.target : entry.cseq);
  if (changes == of->second.end()) return;
  if (!edit) entry.edits = 0;
  for (const auto& [cseq, change] : changes->second) {
    if (change.change.action == Action::recall) {
      entry.recalled = true;
    } else if (!edit) {
      ++entry.edits;
      entry.body = change.body;
    }
  }
  if (entry.recalled) entry.body.clear();
}

}  // namespace plaza::sim
