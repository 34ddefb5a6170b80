#include "tests/support/message_states.h"

#include <algorithm>

namespace plaza::tests {

using client::BodyKind;
using client::Message;
using Action = client::Change::Action;

namespace {

std::string text(std::uint64_t number) { return std::to_string(number); }

std::string where(const MessageStates::Place& place) {
  return "conversation " + text(place.first) + "-" + text(place.second);
}

MessageStates::Place place_of(std::uint64_t member, client::Conversation conversation) {
  if (conversation.is_group()) return {0, conversation.id};
  return std::minmax(member, conversation.id);
}

}  // namespace

MessageStates::MessageStates(const RunLog& run, const Places& places) : run_(run), places_(places) {
  for (const auto& [place, messages] : places_) {
    for (const auto& [cseq, entry] : messages) {
      if (entry->kind == BodyKind::change) follow(place, *entry);
    }
  }
}

void MessageStates::follow(const Place& place, const Message& change) {
  const std::uint64_t target = change.change.target;
  State& state = states_[place][target];
  const std::string what = where(place) + ", change at " + text(change.cseq) + " of " + text(target);
  if (target >= change.cseq || state.recalled)
    wrong_.push_back(what + ": changes: it is about nothing that could be changed");
  if (!permitted(place, change))
    wrong_.push_back(what + ": changes: " + text(change.sender) + " had no right to it");
  state.changed_at = change.cseq;
  if (change.change.action == Action::recall) state.recalled = true;
  if (change.change.action != Action::edit) return;
  ++state.edits;
  state.body = change.body;
}

/// What is one's own, and in a group that one owns what others said may be recalled.
bool MessageStates::permitted(const Place& place, const Message& change) const {
  const auto& messages = places_.at(place);
  const auto target = messages.find(change.change.target);
  if (target == messages.end() || target->second->sender == change.sender) return true;
  const auto owner = run_.owners.find(place.second);
  return place.first == 0 && owner != run_.owners.end() && owner->second == change.sender &&
         change.change.action == Action::recall;
}

std::vector<std::string> MessageStates::check_streams() const {
  Lines lines = wrong_;
  for (const auto& [place, messages] : places_) {
    for (const auto& [cseq, entry] : messages) check_message(place, *entry, lines);
  }
  return lines;
}

void MessageStates::check_message(const Place& place, const Message& entry, Lines& lines) const {
  State state;
  bool of_recalled = false;
  if (const auto changed = states_.find(place); changed != states_.end()) {
    if (const auto found = changed->second.find(entry.cseq); found != changed->second.end())
      state = found->second;
    of_recalled = entry.change.action == Action::edit && changed->second.at(entry.change.target).recalled;
  }
  const bool gone = state.recalled || of_recalled;
  const bool body_right = gone ? entry.body.empty() : state.edits == 0 || entry.body == state.body;
  if (entry.edits == state.edits && entry.recalled == gone && body_right) return;
  lines.push_back(where(place) + ", position " + text(entry.cseq) + " '" + entry.body +
                  "': changes: it is not what its changes made of it (" + text(state.edits) + " edits" +
                  (gone ? ", recalled)" : ")"));
}

std::vector<std::string> MessageStates::check_seen(const DeviceLog& log) const {
  std::map<std::pair<Place, std::uint64_t>, Shown> shown;
  for (const Message& message : log.seen) {
    const Place place = place_of(log.member, message.conversation);
    if (message.change.action == Action::none) {
      shown[{place, message.cseq}] = {
          .message = &message, .body = message.body, .recalled = message.recalled};
      continue;
    }
    const auto target = shown.find({place, message.change.target});
    if (target == shown.end()) continue;  // said before it came
    Shown& now = target->second;
    now.changed_at = message.cseq;
    now.recalled = now.recalled || message.change.action == Action::recall;
    now.body = now.recalled ? std::string() : message.body;
  }
  Lines lines;
  for (const auto& [at, now] : shown) {
    const auto changed = states_.find(at.first);
    if (changed == states_.end()) continue;
    const auto found = changed->second.find(at.second);
    // Who left the group, or was told of a gap, has not seen them all.
    if (found == changed->second.end() || now.changed_at != found->second.changed_at) continue;
    const State& state = found->second;
    if (now.recalled == state.recalled && (state.recalled ? now.body.empty() : now.body == state.body))
      continue;
    lines.push_back("application of " + text(log.member) + "/" + log.device + ": " + where(at.first) +
                    ", position " + text(at.second) + ": changes: it shows '" + now.body + "' and not '" +
                    (state.recalled ? "" : state.body) + "'");
  }
  return lines;
}

}  // namespace plaza::tests
