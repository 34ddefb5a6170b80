#include "tests/support/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "protocol/group_change.h"
#include "tests/support/large_groups.h"
#include "tests/support/message_states.h"

namespace plaza::tests {
namespace {

using client::Conversation;
using client::Message;

/// A conversation under one name for everybody in it.
using Place = std::pair<std::uint64_t, std::uint64_t>;  // {0, group} or {smaller member, larger member}

Place place_of(std::uint64_t member, Conversation conversation) {
  if (conversation.is_group()) return {0, conversation.id};
  return {std::min(member, conversation.id), std::max(member, conversation.id)};
}

std::string text(std::uint64_t number) { return std::to_string(number); }

class Checker {
 public:
  Checker(const RunLog& run, std::size_t lines_max) : run_(run), lines_max_(lines_max), large_(run) {}

  std::vector<std::string> check() {
    index_sends();
    for (const Inbox& inbox : run_.inboxes) check_inbox(inbox);
    for (const LargeGroup& group : run_.large_groups) check_large_group(group);
    check_places();
    check_changes();
    for (const DeviceLog& log : run_.devices) {
      for (const Sent& sent : log.sent) check_sent(log, sent);
      check_send_ids(log);
      check_seen(log);
      for (std::string& line : large_.check_seen(log)) violation(std::move(line));
      for (const auto& page : log.history) check_history(log, page);
    }
    return std::move(lines_);
  }

 private:
  struct Origin {
    const DeviceLog* log = nullptr;
    const Sent* sent = nullptr;
    std::size_t index = 0;  ///< in the order offered
  };
  struct Copy {
    const Inbox* inbox = nullptr;
    const Message* message = nullptr;
  };

  void violation(std::string line) {
    if (lines_.size() < lines_max_) lines_.push_back(std::move(line));
  }

  static std::string who(const DeviceLog& log) { return text(log.member) + "/" + log.device; }

  void index_sends() {
    for (const DeviceLog& log : run_.devices) {
      for (std::size_t i = 0; i < log.sent.size(); ++i) {
        const Sent& sent = log.sent[i];
        if (sent.id != 0) by_id_.emplace(sent.id, Origin{&log, &sent, i});
        if (sent.change.action == client::Change::Action::recall) continue;
        const bool fresh = origins_.emplace(sent.body, Origin{&log, &sent, i}).second;
        if (!fresh)
          violation("the test itself is wrong: the body '" + log.sent[i].body + "' was offered twice");
      }
    }
  }

  /// Whose send an entry is: by its body, which is unique; when it has another one by now, or none, by what was acknowledged; a
  /// change that nobody knows to be stored, by what it changes. Null: nobody sent it.
  const Origin* origin_of(const Place& place, const Message& entry) {
    if (!entry.body.empty() && entry.edits == 0) {
      const auto found = origins_.find(entry.body);
      return found == origins_.end() || found->second.sent->change != entry.change ? nullptr : &found->second;
    }
    if (const auto found = by_id_.find(entry.id); found != by_id_.end()) return &found->second;
    for (const DeviceLog& log : run_.devices) {
      if (log.member != entry.sender || (!entry.device.empty() && log.device != entry.device)) continue;
      for (std::size_t i = 0; i < log.sent.size(); ++i) {
        const Sent& sent = log.sent[i];
        const bool same = sent.change == entry.change && sent.id == 0 && sent.fate != Sent::Fate::refused &&
                          place_of(log.member, sent.to) == place;
        if (same && entry.kind == client::BodyKind::change && taken_.insert(&sent).second)
          return &by_id_.emplace(entry.id, Origin{&log, &sent, i}).first->second;
      }
    }
    return nullptr;
  }

  void check_inbox(const Inbox& inbox) {
    const std::string where = "inbox of " + text(inbox.member);
    std::uint64_t expected = 1;
    std::set<const Sent*> known;
    std::map<std::pair<std::uint64_t, std::string>, std::size_t> newest_of_device;
    std::map<Place, std::uint64_t> newest_of_place;
    std::map<Place, std::uint64_t> newest_change;
    for (const Message& entry : inbox.entries) {
      const std::string what = where + ", entry " + text(entry.seq) + " '" + entry.body + "'";
      if (entry.seq != expected) violation(what + ": promise 3: expected seq " + text(expected));
      expected = entry.seq + 1;
      if (entry.kind == client::BodyKind::event) {
        const Place place = place_of(inbox.member, entry.conversation);
        check_event(entry, newest_change[place], what);
        check_order(place, entry, newest_of_place[place], what);
        continue;
      }
      const Origin* const found = origin_of(place_of(inbox.member, entry.conversation), entry);
      if (found == nullptr) {
        violation(what + ": promise 1: nobody sent this");
        continue;
      }
      const Origin& origin = *found;
      if (!known.insert(origin.sent).second) {
        violation(what + ": promise 1: the message is there twice");
        continue;
      }
      copies_[origin.sent].push_back({&inbox, &entry});
      check_entry(inbox, entry, origin, what);

      const auto device = std::pair(origin.log->member, origin.log->device);
      const auto [newest, first] = newest_of_device.try_emplace(device, origin.index);
      if (!first && origin.index < newest->second) {
        violation(what + ": promise 2: stands behind a later message of the same device (" +
                  who(*origin.log) + ")");
      }
      newest->second = std::max(newest->second, origin.index);

      const Place place = place_of(inbox.member, entry.conversation);
      check_order(place, entry, newest_of_place[place], what);
    }
    if (inbox.head + 1 != expected) {
      violation(where + ": promise 3: the head is " + text(inbox.head) + ", the last entry " +
                text(expected - 1));
    }
  }

  /// The same of a group's own stream, which has everything that was ever said there.
  void check_large_group(const LargeGroup& group) {
    const std::string where = "large group " + text(group.group);
    std::set<const Sent*> known;
    std::map<const DeviceLog*, std::size_t> newest_of_device;
    std::uint64_t newest = 0, newest_change = 0;
    const Place place{0, group.group};
    for (const Message& entry : group.entries) {
      const std::string what = where + ", entry " + text(entry.cseq) + " '" + entry.body + "'";
      if (entry.cseq != newest + 1) violation(what + ": promise 3: expected cseq " + text(newest + 1));
      check_order(place, entry, newest, what);
      if (entry.kind == client::BodyKind::event) {
        check_event(entry, newest_change, what);
        continue;
      }
      const Origin* const found = origin_of(place, entry);
      if (found == nullptr) {
        violation(what + ": promise 1: nobody sent this");
        continue;
      }
      const Origin& origin = *found;
      if (!known.insert(origin.sent).second) violation(what + ": promise 1: the message is there twice");
      in_group_[origin.sent] = &entry;
      if (entry.sender != origin.log->member)
        violation(what + ": promise 1: shown as sent by " + text(entry.sender));
      if (origin.sent->fate == Sent::Fate::refused)
        violation(what + ": promise 1: was refused and stored all the same");
      const auto [newest_index, first] = newest_of_device.try_emplace(origin.log, origin.index);
      if (!first && origin.index < newest_index->second)
        violation(what + ": promise 2: stands behind a later message of the same device");
      newest_index->second = std::max(newest_index->second, origin.index);
    }
  }

  /// What was stored of a device has consumed 1, 2, 3... in the order in which it was sent.
  void check_send_ids(const DeviceLog& log) {
    std::uint64_t last = 0;
    for (const Sent& sent : log.sent) {
      const Message* copy = copy_in(sent, log.member);
      if (!copy && !in_group_.contains(&sent)) continue;
      ++last;
      if (copy && copy->send_id != last) {
        violation("message '" + sent.body + "': promise 2: send_id " + text(copy->send_id) + " of " +
                  who(log) + " follows " + text(last - 1));
        last = copy->send_id;
      }
    }
  }

  /// Everybody has the same message at a position, and the inbox has them in that order.
  void check_order(const Place& place, const Message& entry, std::uint64_t& newest_cseq,
                   const std::string& what) {
    if (entry.cseq <= newest_cseq)
      violation(what + ": promise 2: the conversation's order is another than the inbox's");
    newest_cseq = std::max(newest_cseq, entry.cseq);
    const auto [at, fresh] = places_[place].try_emplace(entry.cseq, &entry);
    const Message& theirs = *at->second;
    if (!fresh && (theirs.body != entry.body || theirs.id != entry.id)) {
      violation(what + ": promise 2: others have '" + theirs.body + "' at position " + text(entry.cseq) +
                " of this conversation");
    }
    if (theirs.edits != entry.edits || theirs.recalled != entry.recalled)
      violation(what + ": changes: others have it edited or recalled another way");
  }

  void check_changes() {
    const MessageStates states(run_, places_);
    for (std::string& line : states.check_streams()) violation(std::move(line));
    for (const DeviceLog& log : run_.devices) {
      if (log.classic) continue;  // it is told of none
      for (std::string& line : states.check_seen(log)) violation(std::move(line));
    }
  }

  static std::string where(const Place& place) {
    return "conversation " + text(place.first) + "-" + text(place.second);
  }

  /// A change of a group: written by nobody, each once, in the order of their numbers.
  void check_event(const Message& entry, std::uint64_t& newest_change, const std::string& what) {
    const auto change = protocol::read_group_change(entry.body);
    if (!change || entry.sender != 0 || !entry.conversation.is_group())
      return violation(what + ": promise 1: is no change of a group");
    if (change->version <= newest_change)
      violation(what + ": promise 2: change " + text(change->version) + " follows " + text(newest_change));
    newest_change = std::max(newest_change, change->version);
  }

  void check_entry(const Inbox& inbox, const Message& entry, const Origin& origin, const std::string& what) {
    const Sent& sent = *origin.sent;
    const std::uint64_t sender = origin.log->member;
    if (entry.sender != sender) violation(what + ": promise 1: shown as sent by " + text(entry.sender));
    if (place_of(inbox.member, entry.conversation) != place_of(sender, sent.to)) {
      violation(what + ": promise 1: shown in another conversation than it was sent to");
    }
    if (sent.fate == Sent::Fate::refused) {
      violation(what + ": promise 1: was refused (errno " + std::to_string(sent.error) +
                ") and stored all the same");
    }
    if (inbox.member == sender) {
      if (entry.device != origin.log->device)
        violation(what + ": shown as sent from device '" + entry.device + "'");
      return;
    }
    if (!sent.to.is_group()) {
      if (sent.to.id != inbox.member) violation(what + ": promise 5: was for " + text(sent.to.id));
      return;
    }
    const Moment until = sent.fate == Sent::Fate::stored ? sent.decided : ~Moment{0};
    if (!run_.groups.maybe_in(sent.to.id, inbox.member, sent.offered, until)) {
      violation(what + ": promise 5: the member was not in group " + text(sent.to.id) + " when it was sent");
    }
  }

  void check_places() {
    for (const auto& [place, messages] : places_) {
      std::uint64_t expected = 1;
      for (const auto& [cseq, entry] : messages) {
        if (cseq != expected) {
          violation(where(place) + ": promise 3: position " + text(expected) + " is missing, then comes '" +
                    entry->body + "'");
        }
        expected = cseq + 1;
      }
    }
  }

  [[nodiscard]] const Message* copy_in(const Sent& sent, std::uint64_t member) const {
    const auto copies = copies_.find(&sent);
    if (copies == copies_.end()) return nullptr;
    for (const Copy& copy : copies->second) {
      if (copy.inbox->member == member) return copy.message;
    }
    return nullptr;
  }

  void check_sent(const DeviceLog& log, const Sent& sent) {
    const std::string what = "message '" + sent.body + "' of " + who(log);
    if (sent.fate == Sent::Fate::unknown && !sent.forgotten && run_.finished) {
      violation(what + ": was never answered");
    }
    const bool stored = sent.fate == Sent::Fate::stored;
    const auto streamed = in_group_.find(&sent);
    if (streamed != in_group_.end() && streamed->second->cseq > large_.grown_at(sent.to.id)) {
      if (stored) check_acknowledgement(log, sent, *streamed->second, what);
      return;
    }
    if (!stored && !copies_.contains(&sent)) return;
    const std::string why = stored ? ": promise 1: is acknowledged (send_id " + text(sent.send_id) +
                                         ") and not in the inbox of "
                                   : ": promise 1: is stored and not in the inbox of ";
    const auto needed_by = [&](std::uint64_t member) {
      if (!copy_in(sent, member)) violation(what + why + text(member));
    };
    needed_by(log.member);
    if (!sent.to.is_group()) {
      needed_by(sent.to.id);
      // A recall says nothing.
      const bool says = sent.change.action != client::Change::Action::recall;
      if (says &&
          run_.blocks.surely_in(sent.to.id, log.member, sent.offered, stored ? sent.decided : ~Moment{0})) {
        violation(what + ": was accepted although " + text(sent.to.id) +
                  " had blocked its sender before it was sent");
      }
    } else if (stored) {
      for (const std::uint64_t member : run_.groups.members(sent.to.id)) {
        if (run_.groups.surely_in(sent.to.id, member, sent.offered, sent.decided)) needed_by(member);
      }
    }
    if (!stored) return;
    if (const Message* copy = copy_in(sent, log.member)) check_acknowledgement(log, sent, *copy, what);
  }

  /// `stored`: the sender's own copy, or the one in the large group.
  void check_acknowledgement(const DeviceLog& log, const Sent& sent, const Message& stored,
                             const std::string& what) {
    const Message* own = copy_in(sent, log.member);
    const Message* copy = own ? own : &stored;
    const auto same = [&](std::uint64_t acknowledged, std::uint64_t found, const char* name) {
      if (acknowledged != 0 && acknowledged != found) {
        violation(what + ": acknowledged with " + name + " " + text(acknowledged) + ", the inbox has " +
                  text(found));
      }
    };
    if (own) same(sent.send_id, own->send_id, "send_id");
    same(sent.id, copy->id, "message id");
    same(sent.seq, own ? own->seq : 0, "seq");
    same(sent.cseq, copy->cseq, "cseq");
  }

  static std::string said_at(const Inbox& inbox, std::uint64_t seq) {
    if (seq == 0 || seq > inbox.entries.size()) return "";
    return " '" + inbox.entries[seq - 1].body + "'";
  }

  /// What was edited or recalled since said something else when it was seen. The details of an acknowledged send are the inbox's
  /// own, an id of 0 means that they were not told.
  static bool same_entry(const Message& seen, const Message& now) {
    const bool changed = now.edits != seen.edits || now.recalled;
    if (now.kind != seen.kind || !(now.change == seen.change)) return false;
    return (changed || now.body == seen.body) && (seen.id == 0 || now.id == seen.id);
  }

  void check_seen(const DeviceLog& log) {
    const std::string where = "application of " + who(log);
    const auto inbox = std::find_if(run_.inboxes.begin(), run_.inboxes.end(),
                                    [&](const Inbox& one) { return one.member == log.member; });
    if (inbox == run_.inboxes.end())
      return violation(where + ": the test itself is wrong: its inbox was not read");
    if (log.classic) return check_classic(log, *inbox, where);
    std::uint64_t expected = log.start + 1;
    // What the application was told to be missing, or got of a large group when it was its turn there.
    const auto over_the_rest = [&](std::uint64_t upto) {
      while (expected < upto && expected <= inbox->entries.size() &&
             (told_missing(log, *inbox, expected) || large_.gave(log, inbox->entries[expected - 1])))
        ++expected;
    };
    std::set<std::uint64_t> seen;
    for (const Message& message : log.seen) {
      if (LargeGroups::from_group(message) || large_.late(log, message)) continue;
      over_the_rest(message.seq);
      const std::string what = where + " saw '" + message.body + "' as entry " + text(message.seq);
      if (message.seq != expected)
        violation(what + ": promise 3: expected entry " + text(expected) + said_at(*inbox, expected));
      expected = message.seq + 1;
      seen.insert(message.seq);
      if (message.seq == 0 || message.seq > inbox->entries.size()) {
        violation(what + ": promise 1: the inbox has no such entry");
      } else if (const Message& entry = inbox->entries[message.seq - 1]; !same_entry(message, entry)) {
        violation(what + ": promise 1: there the inbox has '" + entry.body + "'");
      }
    }
    over_the_rest(inbox->head + 1);
    for (const client::Gap& gap : log.gaps) {
      if (gap.conversation.is_group()) continue;
      const auto shown = seen.lower_bound(gap.from);
      const bool none_shown = shown == seen.end() || *shown > gap.to;
      if (!gap.restarted() && gap.to <= inbox->trimmed && none_shown) continue;
      violation(where + ": promise 3: was told of a gap from " + text(gap.from) + " to " + text(gap.to));
    }
    if (run_.finished && expected != inbox->head + 1) {
      violation(where + ": promise 3: saw entries up to " + text(expected - 1) + " of " + text(inbox->head));
    }
  }

  static bool told_missing(const DeviceLog& log, const Inbox& inbox, std::uint64_t seq) {
    return std::ranges::any_of(log.gaps, [&](const client::Gap& gap) {
      return !gap.conversation.is_group() && seq >= gap.from && seq <= gap.to && gap.to <= inbox.trimmed;
    });
  }

  void check_history(const DeviceLog& log, const std::vector<Message>& page) {
    for (std::size_t i = 0; i < page.size(); ++i) {
      const std::string what = "history of " + who(log) + ", position " + text(page[i].cseq) + " '" +
                               page[i].body + "'";
      if (i > 0 && page[i].cseq + 1 != page[i - 1].cseq)
        violation(what + ": promise 3: follows " + text(page[i - 1].cseq));
      const auto& place = places_[place_of(log.member, page[i].conversation)];
      const auto entry = place.find(page[i].cseq);
      if (entry == place.end() || !same_entry(page[i], *entry->second))
        violation(what + ": promise 2: the inboxes have another one there");
    }
  }

  void check_classic(const DeviceLog& log, const Inbox& inbox, const std::string& where) {
    std::set<std::uint64_t> known(log.lost.begin(), log.lost.end());
    // What it is to be shown: what others wrote. Events it does not know.
    const auto foreign = [&](std::uint64_t seq) {
      const Message& entry = inbox.entries[seq - 1];
      return entry.sender != log.member && entry.kind != client::BodyKind::event &&
             entry.kind != client::BodyKind::change && !entry.recalled;
    };
    auto connection = log.connections.begin();
    std::uint64_t last = 0;  // on this connection
    for (std::size_t i = 0; i < log.seen.size(); ++i) {
      for (; connection != log.connections.end() && *connection == i; ++connection) last = 0;
      const Message& message = log.seen[i];
      if (LargeGroups::from_group(message)) continue;
      const std::string what = where + " was shown '" + message.body + "' as entry " + text(message.seq);
      if (message.seq == 0 || message.seq > inbox.entries.size() ||
          !same_entry(message, inbox.entries[message.seq - 1])) {
        violation(what + ": promise 1: the inbox has another one there");
        continue;
      }
      if (message.seq <= last) violation(what + ": promise 2: after entry " + text(last));
      if (!foreign(message.seq) && !inbox.entries[message.seq - 1].recalled)
        violation(what + ": its own member's, or an event");
      for (std::uint64_t seq = last + 1; last != 0 && seq < message.seq; ++seq) {
        if (seq > inbox.trimmed && foreign(seq))
          violation(what + ": promise 3: entry " + text(seq) + " was passed over");
      }
      last = message.seq;
      known.insert(message.seq);
    }
    if (!run_.finished) return;
    for (std::uint64_t seq = inbox.trimmed + 1; seq <= inbox.entries.size(); ++seq) {
      if (foreign(seq) && !known.contains(seq))
        violation(where + ": promise 3: entry " + text(seq) + " was never shown, nor lost on its way");
    }
  }

  const RunLog& run_;
  const std::size_t lines_max_;
  std::vector<std::string> lines_;
  std::unordered_map<std::string, Origin> origins_;  ///< by body
  std::unordered_map<std::uint64_t, Origin> by_id_;  ///< those that were acknowledged with an id
  std::set<const Sent*> taken_;                      ///< changes that were found by what they change
  std::unordered_map<const Sent*, std::vector<Copy>> copies_;
  std::unordered_map<const Sent*, const Message*> in_group_;  ///< the stream of a large one
  LargeGroups large_;
  MessageStates::Places places_;  ///< one of the copies
};

}  // namespace

std::vector<std::string> check(const RunLog& run, std::size_t lines_max) {
  return Checker(run, lines_max).check();
}

}  // namespace plaza::tests
