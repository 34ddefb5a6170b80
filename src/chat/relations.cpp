#include "chat/relations.h"

#include <algorithm>

namespace plaza::chat {

std::uint64_t next_relations_version() {
  // Only a counter: its values order the readings of this process.
  static std::atomic<std::uint64_t> versions{0};
  return versions.fetch_add(1) + 1;
}

ports::DirectoryResult<Relations> read_relations(ports::Directory& directory, ZoneId zone, MemberId member) {
  Relations relations;
  relations.version = next_relations_version();
  auto list = directory.relations(zone, member);
  if (!list) return fail(list.error());
  relations.list = std::move(*list);
  return relations;
}

std::vector<Peer> peers_of(const std::vector<ports::Relation>& list) {
  std::vector<Peer> peers;
  peers.reserve(list.size());
  for (const auto& relation : list) {
    peers.push_back({.id = relation.peer,
                     .friends = relation.friendship == ports::Friendship::friends,
                     .blocked_by_me = relation.blocked_by_me,
                     .blocked_by_them = relation.blocked_by_them});
  }
  std::sort(peers.begin(), peers.end(), [](const Peer& x, const Peer& y) { return x.id < y.id; });
  return peers;
}

}  // namespace plaza::chat
