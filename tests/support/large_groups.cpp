#include "tests/support/large_groups.h"

#include <algorithm>

#include "protocol/group_change.h"

namespace plaza::tests {

using client::Message;

namespace {
std::string name_of(const DeviceLog& log, std::uint64_t group) {
  return "application of " + std::to_string(log.member) + "/" + log.device + ", large group " +
         std::to_string(group);
}

/// What was edited or recalled since said something else when it was seen.
bool same(const Message& seen, const Message& now) {
  return now.body == seen.body || now.edits != seen.edits || now.recalled;
}
}  // namespace

LargeGroups::LargeGroups(const RunLog& run) : run_(run) {
  for (const LargeGroup& group : run.large_groups) {
    Known& known = groups_[group.group];
    known.log = &group;
    for (const Message& entry : group.entries) {
      if (entry.kind != client::BodyKind::event) continue;
      const auto change = protocol::read_group_change(entry.body);
      if (change && change->event == "grown") known.grown_at = entry.cseq;
    }
  }
  for (const Inbox& inbox : run.inboxes) {
    for (const Message& entry : inbox.entries) {
      if (entry.conversation.is_group())
        in_inbox_[{inbox.member, {entry.conversation.id, entry.cseq}}] = entry.seq;
    }
  }
  for (const DeviceLog& log : run.devices) {
    for (const Sent& sent : log.sent) {
      if (!sent.body.empty()) offered_.emplace(sent.body, sent.offered);
      if (sent.id != 0) offered_by_id_.emplace(sent.id, sent.offered);
    }
    std::uint64_t newest = 0;
    for (const Message& message : log.seen) {
      const Place place{message.conversation.id, message.cseq};
      const bool large = message.conversation.is_group() && groups_.contains(message.conversation.id);
      if (from_group(message)) given_[&log].insert(place);
      if (large && message.seq != 0 && message.seq < newest) late_[&log].insert(place);
      newest = std::max(newest, message.seq);
    }
  }
}

std::uint64_t LargeGroups::grown_at(std::uint64_t group) const {
  const auto at = groups_.find(group);
  return at == groups_.end() ? ~std::uint64_t{0} : at->second.grown_at;
}

bool LargeGroups::late(const DeviceLog& log, const Message& message) const {
  const auto at = late_.find(&log);
  return message.conversation.is_group() && at != late_.end() &&
         at->second.contains({message.conversation.id, message.cseq});
}

bool LargeGroups::gave(const DeviceLog& log, const Message& entry) const {
  if (!entry.conversation.is_group()) return false;
  if (late(log, entry) || told_missing(log, entry.conversation.id, entry.cseq)) return true;
  const auto at = given_.find(&log);
  return at != given_.end() && at->second.contains({entry.conversation.id, entry.cseq});
}

/// By its gaps in the group, or in the inbox where that had it.
bool LargeGroups::told_missing(const DeviceLog& log, std::uint64_t group, std::uint64_t cseq) const {
  const auto known = groups_.find(group);
  const auto seq = in_inbox_.find({log.member, {group, cseq}});
  if (seq != in_inbox_.end() && std::ranges::any_of(log.gaps, [&](const client::Gap& gap) {
        return !gap.conversation.is_group() && seq->second >= gap.from && seq->second <= gap.to;
      }))
    return true;
  return known != groups_.end() && std::ranges::any_of(log.gaps, [&](const client::Gap& gap) {
           return gap.conversation == client::Conversation::group(group) && cseq >= gap.from &&
                  cseq <= gap.to && gap.to <= known->second.log->trimmed;
         });
}

std::vector<std::string> LargeGroups::check_seen(const DeviceLog& log) const {
  std::vector<std::string> lines;
  for (const Message& message : log.seen) {
    if (from_group(message) && !groups_.contains(message.conversation.id))
      lines.push_back(name_of(log, message.conversation.id) + ": promise 1: saw '" + message.body +
                      "', and the group is not a large one");
  }
  for (const auto& [group, known] : groups_) check_group(log, known, lines);
  return lines;
}

void LargeGroups::check_group(const DeviceLog& log, const Known& known,
                              std::vector<std::string>& lines) const {
  const std::vector<Message>& entries = known.log->entries;
  const std::string where = name_of(log, known.log->group);
  std::set<std::uint64_t> got;
  std::uint64_t last = 0;
  auto connection = log.connections.begin();
  for (std::size_t i = 0; i < log.seen.size(); ++i) {
    const Message& message = log.seen[i];
    // A classic client is shown again what the server does not know to have arrived.
    for (; connection != log.connections.end() && *connection <= i; ++connection) {
      last = 0;
      got.clear();
    }
    if (!message.conversation.is_group() || message.conversation.id != known.log->group) continue;
    const std::string what = where + ", saw '" + message.body + "' at " + std::to_string(message.cseq);
    if (message.cseq == 0 || message.cseq > entries.size() || !same(message, entries[message.cseq - 1]))
      lines.push_back(what + ": promise 1: the group has another one there");
    if (!got.insert(message.cseq).second) lines.push_back(what + ": promise 1: for the second time");
    if (!from_group(message)) continue;
    if (message.cseq <= last) lines.push_back(what + ": promise 2: after " + std::to_string(last));
    last = message.cseq;
  }
  if (run_.finished && !log.classic) check_end(log, known, got, lines);
}

/// What was edited has the words of another send by now, and what was recalled none.
std::optional<Moment> LargeGroups::offered_at(const Message& entry) const {
  if (const auto known = offered_by_id_.find(entry.id); known != offered_by_id_.end()) return known->second;
  if (entry.edits != 0 || entry.recalled) return std::nullopt;
  const auto found = offered_.find(entry.body);
  return found == offered_.end() ? std::nullopt : std::optional(found->second);
}

/// One who is in the group now and has been since before a message was sent has got it, unless it had begun to read behind that.
void LargeGroups::check_end(const DeviceLog& log, const Known& known, const std::set<std::uint64_t>& got,
                            std::vector<std::string>& lines) const {
  const std::uint64_t group = known.log->group;
  const std::string where = name_of(log, group);
  if (run_.groups.now(group, log.member) != Memberships::State::in) return;
  const std::uint64_t head = known.log->entries.size();
  const auto at = log.large.find(group);
  if (at == log.large.end()) {
    lines.push_back(where + ": promise 3: does not know that it is one");
  } else if (at->second != head) {
    lines.push_back(where + ": promise 3: is at " + std::to_string(at->second) + " of " +
                    std::to_string(head));
  }
  if (got.empty()) return;
  for (const Message& entry : known.log->entries) {
    const std::optional<Moment> offered = offered_at(entry);
    if (entry.cseq < *got.begin() || got.contains(entry.cseq) || !offered) continue;
    if (told_missing(log, group, entry.cseq)) continue;
    if (run_.groups.surely_in(group, log.member, *offered, ~Moment{0})) {
      lines.push_back(where + ": promise 3: never got '" + entry.body + "' at " + std::to_string(entry.cseq));
    }
  }
}

}  // namespace plaza::tests
